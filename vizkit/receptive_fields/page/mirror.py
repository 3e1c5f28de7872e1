"""Whether the boxes of the units tell exactly which units a pixel can change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.page.groups import Group
from vizkit.receptive_fields.page.holes import Holes, Runs
from vizkit.receptive_fields.page.ranges import Ranges
from vizkit.receptive_fields.propagation.relations import Mask

Pixel = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Mirror:
    """Holds what boxes say of some pixels against the exact sets of units that these reach."""

    fields: ReceptiveFields

    def agrees(
        self, layer: LayerField, group: Group, ranges: Sequence[Ranges], holes: Holes | None
    ) -> bool:
        """Whether boxes, and the holes in them, give the exact units for the pixels looked at.

        Parameters
        ----------
        ranges : of the page's table, by number.
        """
        if group.united or (holes is not None and holes.rows is None):
            return False
        axes, value = layer.map_axes, layer.place.value
        assert axes is not None and value is not None
        runs = (None, None) if holes is None else (holes.rows, holes.columns)
        shape = layer.shape[1], layer.shape[2]
        for pixel, masks in self._reached.items():
            exact = masks.get(value.number, np.zeros(value.shape, bool))[0]
            exact = exact.transpose([axis - 1 for axis in axes])[group.channels[0]]
            rows, columns = (
                _lines(ranges[number], axis, shape, pixel[axis], runs[axis])
                for axis, number in enumerate((group.rows, group.columns))
            )
            if not np.array_equal(exact, rows & columns):
                return False
        return True

    @cached_property
    def _reached(self) -> dict[Pixel, dict[int, Mask]]:
        height, width = self.fields.source_size
        # One at the border, and two that lie on no diagonal and no common stride.
        pixels = {(0, 0), (height // 2, width // 3), (2 * height // 3 + 1, width // 2 + 1)}
        inside = {(min(y, height - 1), min(x, width - 1)) for y, x in pixels}
        return {pixel: self.fields.reached(pixel) for pixel in inside}


def _lines(ranges: Ranges, axis: int, shape: Pixel, line: int, runs: Runs | None) -> Mask:
    """Units that read a line, broadcasting to the map."""
    lo, first, last = (np.array(ranges[key]) for key in ("lo", "first", "last"))
    read: Mask = (first <= line) & (line <= last)
    if runs is not None:
        read &= np.any([(line - lo >= a) & (line - lo <= b) for a, b in runs], axis=0)
    if len(read) != shape[axis]:
        return read.reshape(shape)
    return read[:, None] if axis == 0 else read
