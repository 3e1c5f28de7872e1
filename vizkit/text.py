"""Text for people: aligned columns, shares and bytes."""

from __future__ import annotations

from collections.abc import Container, Sequence


def aligned(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> str:
    """Lines of `rows` with columns as wide as their longest cell.

    Parameters
    ----------
    right : columns whose cells end flush, as numbers should; ``range(3, 9)`` for all from the
        fourth on.

    Examples
    --------
    >>> print(aligned([("LAYER", "OP", "SHARE"), ("conv1", "Conv2d", "9 %")], right=[2]))
    LAYER  OP      SHARE
    conv1  Conv2d    9 %
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def random_badge(source: str) -> str:
    """What stands with every result of a network that was never trained.

    Examples
    --------
    >>> random_badge("lenet5@random")
    'lenet5@random: RANDOM WEIGHTS, never trained'
    """
    return f"{source}: RANDOM WEIGHTS, never trained"


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
