"""Ranges of lines that units see, stored once however many layers share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict

from vizkit.receptive_fields.channel_maps import Pair
from vizkit.receptive_fields.layer_field import LayerField

Boxes = list[tuple[Pair, Pair, bool]]
"""Unclipped and clipped range of each unit, and whether it reads padding."""
NOTHING = (0, -1)
"""The range of a unit that sees nothing."""


class Ranges(TypedDict):
    """What the units along one axis of a map see along one axis of the image.

    Where the columns matter for the rows, or the other way round, there is an entry for each unit
    of the map instead, row by row.

    Attributes
    ----------
    lo, hi : first and last line, as if the image had no borders.
    first, last : first and last line of the image that is really read.
    padded : ``"1"`` for each unit that reads padding, else ``"0"``.
    """

    lo: list[int]
    hi: list[int]
    first: list[int]
    last: list[int]
    padded: str


@dataclass
class RangeTable:
    """All different `Ranges` of a page.

    Attributes
    ----------
    entries : by number.
    known : what was already worked out, by all that it follows from.
    """

    entries: list[Ranges] = field(default_factory=list)
    known: dict[Any, Boxes] = field(default_factory=dict)
    _numbers: dict[tuple[tuple[int, ...], ...], int] = field(default_factory=dict)

    def number(self, boxes: Boxes) -> int:
        """Number of the entry for these units."""
        lo, hi = zip(*(box for box, _, _ in boxes), strict=True)
        first, last = zip(*(clipped for _, clipped, _ in boxes), strict=True)
        padded = tuple(int(reads_padding) for _, _, reads_padding in boxes)
        key = lo, hi, first, last, padded
        if key not in self._numbers:
            self._numbers[key] = len(self.entries)
            self.entries.append(
                Ranges(
                    lo=list(lo),
                    hi=list(hi),
                    first=list(first),
                    last=list(last),
                    padded="".join(map(str, padded)),
                )
            )
        return self._numbers[key]


def seen(layer: LayerField, axis: int, index: tuple[int, ...]) -> tuple[Pair, Pair]:
    """Unclipped and clipped range of one element; `NOTHING` twice for none."""
    box, clipped = layer.element(axis, index)
    return (NOTHING, NOTHING) if box is None or clipped is None else (box, clipped)


def together(first: Boxes, second: Boxes) -> Boxes:
    """What units see whose channels are not told apart."""
    return [
        (_hull(a[0], b[0]), _hull(a[1], b[1]), a[2] or b[2])
        for a, b in zip(first, second, strict=True)
    ]


def _hull(a: Pair, b: Pair) -> Pair:
    if a == NOTHING or b == NOTHING:
        return b if a == NOTHING else a
    return min(a[0], b[0]), max(a[1], b[1])
