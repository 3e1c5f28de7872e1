"""Aligned columns of text."""

from __future__ import annotations

from collections.abc import Sequence


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Lines of `rows` with columns as wide as their longest cell.

    Examples
    --------
    >>> print(format_table([("LAYER", "OP"), ("conv1", "Conv2d")]))
    LAYER  OP
    conv1  Conv2d
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
