"""Finding the axis of a field again after its elements were rearranged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.axis_field import (
    INDEX,
    MAP,
    NO_MAP,
    PADDED,
    START,
    AxisField,
    MapTable,
)
from vizkit.receptive_fields.propagation.index_map import NEVER, Reads

Line = NDArray[np.int32]

_LONGEST_PERIOD = 64
_MOST_LINES = 1 << 14


def recover_axis(field: AxisField, table: MapTable, length: int, axis: int) -> AxisField:
    """`field` with `axis`, of `length`, as its own if its index runs along there.

    An index that starts elsewhere, takes larger or backward steps, or stays for some elements as
    after a pixel shuffle, becomes one from 0 in steps of 1, by another map. An index that runs over
    the input of a rearrangement, with other elements before or behind, has been padded by them.
    """
    if field.axis is not None or field.length(axis) != length or length < 2:
        return field
    found = _by_index(field, table, length, axis)
    if found is None and field.place == axis:
        found = AxisField(field.values, axis)
    return found or field


def recover_map_axis(field: AxisField, table: MapTable, shape: Sequence[int]) -> AxisField:
    """`field` with one of the last two axes of a map of `shape` as its own, if there is one."""
    if (field.values[MAP] == table.nothing).any():
        return field  # another part of the tensor is still to come
    for axis in (len(shape) - 1, len(shape) - 2) if len(shape) >= 4 else ():
        if field.axis is None and field.length(axis) == shape[axis] > 1:
            field = _by_index(field, table, shape[axis], axis) or field
    return field


def _by_index(field: AxisField, table: MapTable, length: int, axis: int) -> AxisField | None:
    """`field` with `axis` as its own if its index runs along there; None if it does not."""
    if not _goes_furthest(field, axis):
        return None
    lines = np.moveaxis(field.values[MAP:], axis + 1, -1)
    flat = lines.transpose(*range(1, lines.ndim - 1), 0, lines.ndim - 1).reshape(-1, 2 * length)
    if len(flat) > _MOST_LINES:
        return None
    unique, back = np.unique(flat, axis=0, return_inverse=True)
    found = [_recovered_line(line[:length], line[length:], table) for line in unique]
    if None in found or all(each is None or table.is_constant(each[0]) for each in found):
        return None
    numbers = np.array([each[0] for each in found if each], np.int32)
    inside = np.stack([each[1] for each in found if each])
    values = field.values.copy()
    outer = lines.shape[1:-1]
    values[MAP] = np.expand_dims(numbers[back.ravel()].reshape(outer), axis)
    values[INDEX] = np.arange(length).reshape(-1, *[1] * (field.ndim - 1 - axis))
    touched = np.moveaxis(~inside[back.ravel()].reshape(*outer, length), -1, axis)
    values[PADDED][touched] = -1
    return AxisField(values, axis)


def _goes_furthest(field: AxisField, axis: int) -> bool:
    """Whether what is seen moves along `axis` as far as along any other.

    The channels of space-to-depth and of unfolded patches move too, but not as far as the rows.
    """
    start = field.values[START]
    start = np.where(start == NEVER, start.min(), start)
    ways = [int(np.ptp(start, axis=i).max()) for i in range(start.ndim)]
    return ways[axis] == max(ways)


def _recovered_line(
    numbers: Line, index: Line, table: MapTable
) -> tuple[int, NDArray[np.bool_]] | None:
    """Map of a line by its place in it, and which places are no padding; None if there is none."""
    length, real = len(index), numbers != table.nothing
    everywhere = np.ones(length, bool)
    same = (numbers == numbers[0]).all()
    if same and (table.is_constant(int(numbers[0])) or numbers[0] == NO_MAP):
        return None if numbers[0] == NO_MAP else (int(numbers[0]), everywhere)
    reads = _periodic(index) if same else None
    if reads is not None:
        return table.through(int(numbers[0]), reads), everywhere
    begin, end = _longest_run(index, real)
    whole = end > begin and (index[begin], index[end - 1]) == (0, index[real].max())
    if not whole and end - begin <= length // 2:
        return None
    number = int(numbers[begin])
    if number == NO_MAP or (numbers[begin:end] != number).any():
        return None
    inside = np.zeros(length, bool)
    inside[begin:end] = True
    return table.through(number, Reads(1, 1, ((int(index[begin]) - begin,),))), inside


def _periodic(index: Line) -> Reads | None:
    """Reads that take these indices, and go on with them in both directions."""
    for period in range(1, min(len(index) // 2, _LONGEST_PERIOD) + 1):
        advance = int(index[period]) - int(index[0])
        if advance and (index[period:] - index[:-period] == advance).all():
            return Reads(period, advance, tuple((int(i),) for i in index[:period]))
    return None


def _longest_run(index: Line, real: NDArray[np.bool_]) -> tuple[int, int]:
    """Begin and end of the longest run in steps of 1 of what is `real`."""
    usable = (np.diff(index) == 1) & real[1:] & real[:-1]
    begin, best = 0, (0, 0)
    for i in range(len(index)):
        if i and not usable[i - 1]:
            begin = i
        if i + 1 - begin > best[1] - best[0]:
            best = begin, i + 1
    return best
