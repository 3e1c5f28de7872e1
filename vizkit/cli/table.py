"""Aligned columns of text."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def format_table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Lines of `rows` with columns as wide as their longest cell.

    Parameters
    ----------
    right : columns whose cells end flush, as numbers should.

    Examples
    --------
    >>> print(format_table([("LAYER", "OP"), ("conv1", "Conv2d")]))
    LAYER  OP
    conv1  Conv2d
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
