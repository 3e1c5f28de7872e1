"""Finding the axis of a field again after its elements were rearranged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_field.propagation.axis_field import (
    INDEX,
    MAP,
    PADDED,
    AxisField,
    MapTable,
)
from vizkit.receptive_field.propagation.index_map import Reads


def settled(field: AxisField, table: MapTable, length: int, axis: int) -> AxisField:
    """`field` with `axis`, of `length`, as its own if its index runs along there.

    An index that starts elsewhere or takes larger or backward steps becomes one from 0 in steps of
    1, by another map. An index that runs over the whole input of a rearrangement, with other
    elements before or behind, has been padded by them.
    """
    if field.axis is not None or field.length(axis) != length or length < 2:
        return field
    values = field.values
    index = _line(values[INDEX], axis)
    numbers = values[MAP]
    if index is None:
        return _by_place(field, axis)
    real = ~_nothing(numbers, axis, table)
    run = _longest_run(index, real)
    if run is None:
        return _by_place(field, axis)
    begin, end, step = run
    inside = np.zeros(length, bool)
    inside[begin:end] = True
    if not inside.all() and (step != 1 or index[begin] != 0):
        return _by_place(field, axis)
    along = numbers.take(range(begin, end), axis)
    first = along.take([0], axis)
    if (along != first).any() or all(table.is_constant(int(n)) for n in np.unique(first)):
        return _by_place(field, axis)
    start = int(index[begin]) - begin * step
    reads = Reads(1, step, ((start,),))
    found, back = np.unique(first, return_inverse=True)
    after = np.array([table.through(int(number), reads) for number in found], np.int32)
    values = values.copy()
    values[MAP] = after[back.reshape(first.shape)]
    shape = (-1, *[1] * (values.ndim - 2 - axis))
    values[INDEX] = np.arange(length).reshape(shape)
    np.copyto(values[PADDED], -1, where=~inside.reshape(shape))
    return AxisField(values, axis)


def _by_place(field: AxisField, axis: int) -> AxisField:
    """`field` with `axis` if what is seen changes along it and along no other as long."""
    changing = [i for i in range(field.ndim) if _changes(field.values[:PADDED], i + 1)]
    return AxisField(field.values, axis) if changing == [axis] else field


def _changes(array: NDArray[np.int32], axis: int) -> bool:
    return array.shape[axis] > 1 and bool((array != array.take([0], axis)).any())


def _line(array: NDArray[np.int32], axis: int) -> NDArray[np.int32] | None:
    """Values along `axis` if they are the same along all others."""
    others = tuple(i for i in range(array.ndim) if i != axis)
    line = array.min(others, keepdims=True)
    return line.ravel() if (array == line).all() else None


def _nothing(numbers: NDArray[np.int32], axis: int, table: MapTable) -> NDArray[np.bool_]:
    others = tuple(i for i in range(numbers.ndim) if i != axis)
    result: NDArray[np.bool_] = np.all(numbers == table.nothing, axis=others)
    return result


def _longest_run(index: NDArray[np.int32], real: NDArray[np.bool_]) -> tuple[int, int, int] | None:
    """(begin, end, step) of the longest run of equal steps; None if it is shorter than 2."""
    steps = np.diff(index)
    usable = (steps != 0) & real[1:] & real[:-1]
    best = (0, 0, 0)
    begin = 0
    for i in range(len(steps)):
        if not usable[i]:
            begin = i + 1
            continue
        if i == begin or steps[i] != steps[i - 1]:
            begin = i
        if i - begin + 2 > best[1] - best[0]:
            best = (begin, i + 2, int(steps[i]))
    return best if best[1] else None
