"""Text for people: aligned columns, shares and bytes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import zip_longest
from textwrap import wrap

_NARROWEST = 15
"""Characters below which a column is not folded, as few words are shorter."""


def aligned(
    rows: Sequence[Sequence[str]], right: Container[int] = (), width: int | None = None
) -> str:
    """Lines of `rows` with columns as wide as their longest cell.

    Parameters
    ----------
    right : columns whose cells end flush, as numbers should; ``range(3, 9)`` for all from the
        fourth on.
    width : characters of a line that are not to be exceeded, as far as folding the others helps.

    Examples
    --------
    >>> print(aligned([("LAYER", "OP", "SHARE"), ("conv1", "Conv2d", "9 %")], right=[2]))
    LAYER  OP      SHARE
    conv1  Conv2d    9 %
    >>> print(aligned([("A", "WORDS"), ("1", "what is too long for a line")], width=20))
    A  WORDS
    1  what is too long
       for a line
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        widths = _fitting(widths, right, width)
    folded = [
        [wrap(cell, most) or [""] for cell, most in zip(row, widths, strict=True)]
        if any(len(cell) > most for cell, most in zip(row, widths, strict=True))
        else [[cell] for cell in row]
        for row in rows
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(most) if column in right else cell.ljust(most)
            for column, (cell, most) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for cells in folded
        for line in zip_longest(*cells, fillvalue="")
    )


def random_badge(source: str) -> str:
    """What stands with every result of a network that was never trained.

    Examples
    --------
    >>> random_badge("lenet5@random")
    'lenet5@random: RANDOM WEIGHTS, never trained'
    """
    return f"{source}: RANDOM WEIGHTS, never trained"


def _fitting(widths: list[int], right: Container[int], width: int) -> list[int]:
    """Widths of columns that make lines of at most `width`: the widest of words are narrowed."""
    widths = list(widths)
    while sum(widths) + 2 * (len(widths) - 1) > width:
        words = [n for n in range(len(widths)) if n not in right and widths[n] > _NARROWEST]
        if not words:
            return widths
        widest = max(words, key=lambda n: widths[n])
        widths[widest] -= 1
    return widths


def percent(share: float) -> str:
    """Share from 0 to 1: what is not all never rounds to all, what is something never to nothing.

    Examples
    --------
    >>> percent(1), percent(0.99999), percent(0.123), percent(1e-9), percent(0)
    ('100 %', '99.9 %', '12.3 %', '0.01 %', '0 %')
    """
    if share in (0, 1):
        return "100 %" if share else "0 %"
    return f"{min(max(100 * share, 0.01), 99.9):.{1 if share >= 0.01 else 2}f} %"


def byte_count(count: int) -> str:
    """Bytes as people read them.

    Examples
    --------
    >>> byte_count(40), byte_count(1161600)
    ('40 B', '1.1 MiB')
    """
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{count} B" if units[0] == "B" else f"{size:.1f} {units[0]}"
