"""The field of an operation that reads all elements along some axes: sums, means, products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.axis_field import (
    END,
    INDEX,
    MAP,
    NO_MAP,
    START,
    AxisField,
    Ints,
    MapTable,
    pair_key,
)
from vizkit.receptive_fields.propagation.index_map import NEVER


def coupled(
    field: AxisField, shape: Sequence[int], axes: Sequence[int], table: MapTable
) -> AxisField:
    """Field of the union along `axes` of a tensor of `shape`; they become of length 1."""
    within = field.axis in axes
    if not within and all(field.length(axis) == 1 for axis in axes):
        return field
    inner = tuple(axis + 1 for axis in axes)
    bounds = field.values[:MAP].min(inner, keepdims=True)
    values = np.concatenate([bounds, np.zeros((2, *bounds.shape[1:]), np.int32)])
    if field.axis is not None and within and shape[field.axis] > 1:
        values[MAP] = _seen_together(values, table)
        return AxisField(values, None)
    maps = field.values[MAP:]
    if field.axis is not None and not within:
        first = maps.take([0], field.axis + 1)
        if (maps[0] == first[0]).all():
            # The map is the same along its own axis, whose indices do not mix.
            values[MAP] = _united(first, inner, values, table)[0]
            values[INDEX] = np.arange(values.shape[field.axis + 1]).reshape(
                -1, *[1] * (field.ndim - 1 - field.axis)
            )
            return AxisField(values, field.axis)
    values[MAP:] = _united(maps, inner, values, table)
    if within:
        covers = (values[START] == 0) & (values[END] == 1 - table.lines)
        values[MAP] = np.where(covers, table.whole, values[MAP])
    return AxisField(values, None if within else field.axis)


def _united(maps: Ints, inner: tuple[int, ...], values: Ints, table: MapTable) -> Ints:
    """Map and index of each union of the elements along `inner`, as (2, ...)."""
    rest = np.moveaxis(maps, inner, range(-len(inner), 0))
    outer = rest.shape[1 : rest.ndim - len(inner)]
    rows = pair_key(rest[0] + 1, rest[1]).reshape(int(np.prod(outer)), -1)
    several = -2
    known: dict[bytes, tuple[int, int]] = {}
    found = []
    for row in rows:
        name = row.tobytes()
        if name not in known:
            known[name] = _union_of(row, table) or (several, 0)
        found.append(known[name])
    united = np.expand_dims(np.array(found, np.int32).T.reshape(2, *outer), inner)
    if (united[0] == several).any():
        together = _seen_together(values, table)
        numbers = np.where(united[0] == several, together, united[0])
        united = np.stack(np.broadcast_arrays(numbers, united[1]))
    return united


def _union_of(row: NDArray[np.int64], table: MapTable) -> tuple[int, int] | None:
    """Map and index of the union of the elements of `row`; None for several indices."""
    pairs = [(int(key >> 32) - 1, int(key & 0xFFFFFFFF)) for key in np.unique(row)]
    indices = {index for number, index in pairs if not table.is_constant(number)}
    if len(indices) > 1 or any(number == NO_MAP for number, _ in pairs):
        return None
    return reduce(table.union, {number for number, _ in pairs}), indices.pop() if indices else 0


def _seen_together(values: Ints, table: MapTable) -> Ints:
    """Constant maps of what is really read, for places that have no index in common."""
    starts, ends = values[START], values[END] + NEVER
    keys, back = np.unique(pair_key(starts, ends), return_inverse=True)
    numbers = [
        table.constant(int(key >> 32), NEVER - int(key & 0xFFFFFFFF)) for key in keys.tolist()
    ]
    return np.array(numbers, np.int32)[back.ravel()].reshape(starts.shape)
