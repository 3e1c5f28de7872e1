"""The pixels within its box that a unit does not read: holes of dilated and strided networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.page.groups import Group
from vizkit.receptive_fields.page.ranges import seen
from vizkit.receptive_fields.propagation.dependence import Dependence
from vizkit.receptive_fields.propagation.graph import Value
from vizkit.receptive_fields.propagation.relations import Broadcast, Mask

Runs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Holes:
    """What the middle unit of a map really reads of its box.

    Attributes
    ----------
    density : share of its clipped box that it reads, below 1.
    rows, columns : the lines that it reads, as first and last of each run, counted from the start
        of its unclipped box; None where they are not the same for every unit of the map.
    """

    density: float
    rows: Runs | None
    columns: Runs | None


@dataclass(frozen=True, eq=False)
class Reader:
    """Finds holes by following what units read back to the image; each value is followed once."""

    fields: ReceptiveFields

    def holes(self, layer: LayerField, group: Group) -> Holes | None:
        """Holes of `group`, None where the middle unit reads all of its box."""
        if group.united:
            return None
        _, height, width = layer.shape
        channel = group.channels[0]
        y, x = middle_position(layer) or middle_of_map(height, width)
        boxes = [seen(layer, axis, layer.index(channel, (y, x))) for axis in (0, 1)]
        (top, bottom), (left, right) = (clipped for _, clipped in boxes)
        if top > bottom or left > right:
            return None
        pixels = self._pixels(layer, channel, y, x)
        inside = pixels[top : bottom + 1, left : right + 1]
        if inside.all():
            return None
        density = float(inside.mean())
        rows, columns = (np.atleast_1d(np.any(pixels, axis=axis)) for axis in (1, 0))
        whole = all(box == clipped for box, clipped in boxes)
        if not whole or not np.array_equal(pixels, rows[:, None] & columns):
            return Holes(density, None, None)
        offsets = rows[top : bottom + 1], columns[left : right + 1]
        if not self._repeats(layer, group, offsets):
            return Holes(density, None, None)
        return Holes(density, _runs(offsets[0]), _runs(offsets[1]))

    def _repeats(self, layer: LayerField, group: Group, offsets: tuple[Mask, Mask]) -> bool:
        """Whether the corners of the map, and what is next to the middle, read the same offsets."""
        channel = group.channels[0]
        _, height, width = layer.shape
        ends = [sorted({0, n // 2, min(n // 2 + 1, n - 1), n - 1}) for n in (height, width)]
        for y, x in ((y, x) for y in ends[0] for x in ends[1]):
            lines = []
            for axis in (0, 1):
                (lo, hi), _ = seen(layer, axis, layer.index(channel, (y, x)))
                if hi - lo + 1 != len(offsets[axis]):
                    return False
                length = self.fields.propagation.tables[axis].lines
                line = np.zeros(length, bool)
                at = lo + np.flatnonzero(offsets[axis])
                line[at[(at >= 0) & (at < length)]] = True
                lines.append(line)
            if not np.array_equal(self._pixels(layer, channel, y, x), lines[0][:, None] & lines[1]):
                return False
        return True

    def _pixels(self, layer: LayerField, channel: int, y: int, x: int) -> Mask:
        value = layer.place.value
        assert value is not None
        value, index = self._origin(value, layer.index(channel, (y, x)))
        key = value.number, index
        if key not in self._known:
            self._known[key] = self.fields.pixels_of(value, index)
        return self._known[key]

    def _origin(self, value: Value, index: tuple[int, ...]) -> tuple[Value, tuple[int, ...]]:
        """The element that element `index` of `value` takes over, with nothing else in it."""
        source = self.fields.propagation.source
        while value.number != source.number:
            dependence = self._dependences.get(value.number)
            if dependence is None:
                break
            part, at = dependence.parts[0], index
            if dependence.axis is not None:
                place = index[dependence.axis]
                for part in dependence.parts:
                    if place < part.length:
                        break
                    place -= part.length
                at = (*index[: dependence.axis], place, *index[dependence.axis + 1 :])
            elif len(dependence.parts) != 1:
                break
            plain = all(isinstance(r, Broadcast) and r.source == r.target for r in part.chain)
            if part.value is None or not plain:
                break
            value, index = part.value, at
        return value, index

    @cached_property
    def _known(self) -> dict[tuple[int, tuple[int, ...]], Mask]:
        return {}

    @cached_property
    def _dependences(self) -> dict[int, Dependence]:
        return {output.number: dependence for output, dependence in self.fields.lowered}


def _runs(line: Mask) -> Runs:
    """First and last index of each run of True.

    Examples
    --------
    >>> _runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    at = np.flatnonzero(line)
    starts = [0, *(np.flatnonzero(np.diff(at) > 1) + 1).tolist(), len(at)]
    return [(int(at[a]), int(at[b - 1])) for a, b in pairwise(starts)]
