"""The few ways in which the elements of one tensor depend on those of another.

Every operation of a network is written as a chain of these. Each relation carries a field over,
exactly, and answers for sets of elements in both directions: `push` gives the elements that a set
can change, `pull` the elements that a set depends on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.axis_field import (
    INDEX,
    MAP,
    NO_MAP,
    PADDED,
    AxisField,
    Ints,
    MapTable,
    compact,
)
from vizkit.receptive_fields.propagation.axis_recovery import recover_axis, recover_map_axis
from vizkit.receptive_fields.propagation.coupled import coupled
from vizkit.receptive_fields.propagation.graph import Shape
from vizkit.receptive_fields.propagation.index_map import NEVER, Reads

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Relation(Protocol):
    """How the elements of an output depend on those of one input."""

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        """Field of the output, from the field of the input along one axis of the image."""

    def push(self, mask: Mask) -> Mask:
        """Elements of the output that read an element of `mask`."""

    def pull(self, mask: Mask) -> Mask:
        """Elements of the input that an element of `mask` reads."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Each element reads the one that broadcasting puts in its place."""

    source: Shape
    target: Shape

    def carry(self, field: AxisField, table: MapTable) -> AxisField:  # noqa: ARG002
        more = len(self.target) - len(self.source)
        if not more:
            return field
        values = field.values
        values = values.reshape(5, *[1] * more, *values.shape[1:])
        return AxisField(values, None if field.axis is None else field.axis + more)

    def push(self, mask: Mask) -> Mask:
        return np.broadcast_to(mask, self.target)

    def pull(self, mask: Mask) -> Mask:
        more = len(self.target) - len(self.source)
        if more:
            mask = np.any(mask, axis=tuple(range(more)))
        repeated = tuple(i for i, n in enumerate(self.source) if n == 1 and mask.shape[i] > 1)
        return np.any(mask, axis=repeated, keepdims=True) if repeated else mask


@dataclass(frozen=True, slots=True)
class Couple:
    """Each element reads all elements along some axes, which become of length 1."""

    source: Shape
    axes: tuple[int, ...]

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        return coupled(field, self.source, self.axes, table)

    def push(self, mask: Mask) -> Mask:
        reached: Mask = np.any(mask, axis=self.axes, keepdims=True)
        return reached

    def pull(self, mask: Mask) -> Mask:
        return np.broadcast_to(mask, self.source)


@dataclass(frozen=True)
class Window:
    """Each element reads some indices along one axis: convolutions, pooling, padding, resizing.

    Attributes
    ----------
    real : int64, (output length, most reads): the indices really read; -1 fills the rows, and
        stands where padding is read.
    reads : the same on all integers, as if there were no border; None where that has no meaning.
    """

    axis: int
    length: int
    real: NDArray[np.int64]
    reads: Reads | None
    padded: Mask
    """(output length,): whether an index reads padding."""

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        field = recover_axis(field, table, self.length, self.axis)
        axis, empty = self.axis + 1, np.all(self.real < 0, axis=1)
        own, keeps_axis = field.axis == self.axis, True
        if field.length(self.axis) == 1 and not (own and self.length == 1):
            # The field does not change along this axis; only reading nothing at all can matter.
            if not empty.any():
                return field
            values = np.repeat(field.values, len(self.real), axis)
        else:
            read = field.values.take(np.maximum(self.real, 0).ravel(), axis)
            read = read.reshape(*read.shape[:axis], *self.real.shape, *read.shape[axis + 1 :])
            ignored = self._along(self.real < 0, read.ndim - 1)
            np.copyto(read[:PADDED], NEVER, where=ignored)
            np.copyto(read[PADDED], 0, where=ignored)
            values = read.min(axis + 1)
            keeps_axis = self._carry_maps(field, values, own, table)
        if own:
            np.copyto(values[PADDED], -1, where=self._along(self.padded, values.ndim - 1))
        along = self._along(empty, values.ndim - 1)
        np.copyto(values[:PADDED], NEVER, where=along)
        return AxisField(values, field.axis if keeps_axis else None)

    def _carry_maps(self, field: AxisField, values: Ints, own: bool, table: MapTable) -> bool:
        """Fill in the maps of `values`; tell whether they still run along the field's axis."""
        maps = field.values[MAP:]
        same = (maps[0] == maps[0].take([0], self.axis)).all()
        runs = (maps[1] == self._along(np.arange(self.length), maps.ndim - 1)).all()
        if own and same and runs and self.reads is not None:
            numbers = maps[0].take([0], self.axis)
            found, back = np.unique(numbers, return_inverse=True)
            after = [table.through(int(number), self.reads) for number in found]
            values[MAP] = np.array(after, np.int32)[back.reshape(numbers.shape)]
            values[INDEX] = self._along(np.arange(len(self.real)), values.ndim - 1)
        elif same and (maps[1] == maps[1].take([0], self.axis)).all():
            values[MAP:] = maps.take([0], self.axis + 1)
        elif self.real.shape[1] == 1 and not self.padded.any() and (self.real >= 0).all():
            values[MAP:] = maps.take(self.real[:, 0], self.axis + 1)
            return not own
        else:
            values[MAP], values[INDEX] = NO_MAP, 0
        return True

    def _along(self, array: NDArray[np.generic], ndim: int) -> NDArray[np.generic]:
        """`array` shaped to lie along this relation's axis of a tensor."""
        return array.reshape(*array.shape, *[1] * (ndim - self.axis - array.ndim))

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        matrix = np.zeros((len(self.real), self.length + 1), np.float32)
        np.put_along_axis(matrix, self.real, 1, 1)
        return matrix[:, : self.length]

    def push(self, mask: Mask) -> Mask:
        return self._times(self._matrix, mask)

    def pull(self, mask: Mask) -> Mask:
        return self._times(self._matrix.T, mask)

    def _times(self, matrix: NDArray[np.float32], mask: Mask) -> Mask:
        moved = np.moveaxis(mask, self.axis, -1).astype(np.float32)
        return np.moveaxis(moved @ matrix.T > 0, -1, self.axis)


@dataclass(frozen=True, slots=True)
class Permute:
    """The same elements with their axes in another order."""

    order: tuple[int, ...]

    def carry(self, field: AxisField, table: MapTable) -> AxisField:  # noqa: ARG002
        values = field.values.transpose(0, *(axis + 1 for axis in self.order))
        return AxisField(values, None if field.axis is None else self.order.index(field.axis))

    def push(self, mask: Mask) -> Mask:
        return mask.transpose(self.order)

    def pull(self, mask: Mask) -> Mask:
        return mask.transpose(np.argsort(self.order))


@dataclass(frozen=True, slots=True)
class View:
    """The same elements in the same order under another shape."""

    source: Shape
    target: Shape

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        stored, target, axis, mixed = [], [], None, False
        for before, after in _blocks(self.source, self.target):
            changing = [i for i in before if field.length(i) > 1]
            wide = [i for i in before if self.source[i] > 1]
            wide_after = [i for i in after if self.target[i] > 1]
            if len(wide) == len(wide_after) == 1 or (not wide and len(before) == len(after)):
                moved = dict(zip(wide or before, wide_after or after, strict=True))
                axis = moved.get(field.axis, axis) if field.axis is not None else None
            mixed |= bool(changing) and not len(wide) == len(wide_after) == 1
            stored += [self.source[i] if changing else 1 for i in before]
            target += [self.target[i] if changing else 1 for i in after]
        values = np.broadcast_to(field.values, (5, *stored)).reshape(5, *target)
        if not mixed:
            return AxisField(values, axis)
        return recover_map_axis(AxisField(compact(values), axis), table, self.target)

    def push(self, mask: Mask) -> Mask:
        return mask.reshape(self.target)

    def pull(self, mask: Mask) -> Mask:
        return mask.reshape(self.source)


@dataclass(frozen=True, eq=False, slots=True)
class Pick:
    """Each element reads one element of the input, or none: any rearrangement whatever.

    Attributes
    ----------
    index : int64, shape of the output: flat index into the input; -1 for none.
    """

    source: Shape
    index: NDArray[np.int64]

    def carry(self, field: AxisField, table: MapTable) -> AxisField:
        full = np.broadcast_to(field.values, (5, *self.source)).reshape(5, -1)
        values = full[:, np.maximum(self.index, 0).ravel()].reshape(5, *self.index.shape)
        none = self.index < 0
        values[:PADDED, none], values[PADDED, none] = NEVER, 0
        values[MAP, none], values[INDEX, none] = table.nothing, 0
        return recover_map_axis(AxisField(compact(values), None), table, self.index.shape)

    def push(self, mask: Mask) -> Mask:
        return np.where(self.index < 0, False, mask.ravel()[np.maximum(self.index, 0)])

    def pull(self, mask: Mask) -> Mask:
        result = np.zeros(math.prod(self.source), bool)
        result[self.index[mask & (self.index >= 0)]] = True
        return result.reshape(self.source)


def carry_through(chain: Sequence[Relation], field: AxisField, table: MapTable) -> AxisField:
    """Field behind all relations of `chain`."""
    for relation in chain:
        field = relation.carry(field, table)
    return field


def _blocks(before: Shape, after: Shape) -> Iterator[tuple[list[int], list[int]]]:
    """Shortest runs of axes of two shapes that hold the same elements."""
    i = j = 0
    while i < len(before) or j < len(after):
        mine, theirs, size, other = [], [], 1, 1
        if i < len(before):
            mine, size, i = [i], before[i], i + 1
        if j < len(after):
            theirs, other, j = [j], after[j], j + 1
        while size != other:
            if size < other:
                mine, size, i = [*mine, i], size * before[i], i + 1
            else:
                theirs, other, j = [*theirs, j], other * after[j], j + 1
        yield mine, theirs
