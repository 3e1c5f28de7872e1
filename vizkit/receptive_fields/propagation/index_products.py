"""Dependence as a sweep over each axis shows it: products of sets, one product for each element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vizkit.receptive_fields.propagation.axis_field import (
    END,
    MAP,
    PADDED,
    START,
    AxisField,
    Ints,
    MapTable,
    compact,
)
from vizkit.receptive_fields.propagation.graph import Shape
from vizkit.receptive_fields.propagation.index_map import NEVER
from vizkit.receptive_fields.propagation.relations import Mask


@dataclass(frozen=True, eq=False, slots=True)
class IndexProducts:
    """Each element reads the product of a set of indices along each axis.

    Attributes
    ----------
    sets : for each axis of the input, boolean (length of the axis, *target): whether the element
        reads that index.
    """

    source: Shape
    target: Shape
    sets: tuple[Mask, ...]

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        """Field of the output: the union over each product, and constant maps of it."""
        nothing = np.logical_or.reduce([~np.any(each, axis=0) for each in self.sets])
        values = np.empty((5, *self.target), np.int32)
        values[:MAP] = self._least(field.values[:MAP])
        values[START : END + 1, nothing], values[PADDED, nothing] = NEVER, 0
        values[MAP:] = 0
        ends = np.stack([values[START].ravel(), values[END].ravel()])
        pairs, back = np.unique(ends, axis=1, return_inverse=True)
        numbers = [table.constant(start, -end) for start, end in pairs.T.tolist()]
        values[MAP] = np.array(numbers, np.int32)[back.ravel()].reshape(self.target)
        return AxisField(compact(values), None)

    def _least(self, bounds: Ints) -> Ints:
        """Least of `bounds`, (3, *source), over the product that each element reads."""
        changing = [axis for axis in range(len(self.source)) if bounds.shape[axis + 1] > 1]
        least = np.full((3, *self.target), NEVER, np.int32)
        for place in np.ndindex(*(self.source[axis] for axis in changing)):
            index = [0] * len(self.source)
            read = np.ones(self.target, bool)
            for axis, at in zip(changing, place, strict=True):
                index[axis] = at
                read &= self.sets[axis][at]
            for row in range(3):
                np.minimum(least[row], bounds[(row, *index)], out=least[row], where=read)
        least[PADDED] = np.minimum(least[PADDED], 0)
        return least

    def push(self, mask: Mask) -> Mask:
        """Elements of the output that may read an element of `mask`."""
        result = np.zeros(self.target, bool)
        for place in np.argwhere(mask):
            read = np.ones(self.target, bool)
            for axis, at in enumerate(place):
                read &= self.sets[axis][at]
            result |= read
        return result

    def pull(self, mask: Mask) -> Mask:
        """Elements of the input that an element of `mask` may read."""
        result = np.zeros(self.source, bool)
        for element in np.argwhere(mask):
            product = np.ones((), bool)
            for each in self.sets:
                product = np.multiply.outer(product, each[(slice(None), *element)])
            result |= product
        return result
