"""What the elements of a tensor see along one axis of the input.

The numbers are kept in an array that broadcasts to the tensor's shape: an axis along which nothing
changes has length 1. So a convolution's field is a column of numbers, whatever its number of
channels, and the channels of a concatenation are told apart only where they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.index_map import NEVER, IndexMap, Reads

Ints = NDArray[np.int32]

START, END, PADDED, MAP, INDEX = range(5)
"""Rows of `AxisField.values`: first input line really read; last one, negated; -1 where padding was
read on the way, else 0; number of the index map, or `NO_MAP`; index to evaluate it at. For the
first three the union of two fields is the minimum."""
NO_MAP = -1


@dataclass(eq=False, slots=True)
class AxisField:
    """One axis of the receptive fields of all elements of a tensor.

    Attributes
    ----------
    values : int32, (5, ...), broadcasts to (5, *shape of the tensor); see `START` and following.
    axis : axis of the tensor along which the map's index runs from 0, if there is one.
    """

    values: Ints
    axis: int | None

    @property
    def ndim(self) -> int:
        """Number of axes of the tensor."""
        return self.values.ndim - 1

    def length(self, axis: int) -> int:
        """Stored length along `axis` of the tensor; 1 where nothing changes."""
        return int(self.values.shape[axis + 1])

    @property
    def place(self) -> int | None:
        """Axis along which the field lies, or the only one along which what is seen changes."""
        if self.axis is not None:
            return self.axis
        bounds = self.values[:PADDED]
        changing = [
            axis
            for axis in range(self.ndim)
            if self.length(axis) > 1 and (bounds != bounds.take([0], axis + 1)).any()
        ]
        return changing[0] if len(changing) == 1 else None


@dataclass(eq=False)
class MapTable:
    """Index maps of one axis, each stored once, and what became of them.

    Attributes
    ----------
    lines : length of the input along this axis.
    """

    lines: int
    maps: list[IndexMap] = field(default_factory=list)
    _numbers: dict[IndexMap, int] = field(default_factory=dict)
    _through: dict[tuple[int, Reads], int] = field(default_factory=dict)
    _union: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.whole = self.number(IndexMap.constant(0, self.lines - 1))
        self.nothing = self.number(IndexMap.constant(NEVER, -NEVER))

    def number(self, index_map: IndexMap | None) -> int:
        """Number of `index_map`; `NO_MAP` for None."""
        if index_map is None:
            return NO_MAP
        known = self._numbers.get(index_map)
        if known is None:
            known = self._numbers[index_map] = len(self.maps)
            self.maps.append(index_map)
        return known

    def through(self, number: int, reads: Reads) -> int:
        """Number of the map of what reads map `number`."""
        if number in (NO_MAP, self.whole, self.nothing):
            return number
        key = (number, reads)
        if key not in self._through:
            self._through[key] = self.number(self.maps[number].through(reads))
        return self._through[key]

    def union(self, first: int, second: int) -> int:
        """Number of the union; whoever sees everything, sees nothing more by another way."""
        if first == second:
            return first
        if self.whole in (first, second):
            return self.whole
        if self.nothing in (first, second):
            return first if second == self.nothing else second
        if NO_MAP in (first, second):
            return NO_MAP
        key = (min(first, second), max(first, second))
        if key not in self._union:
            self._union[key] = self.number(self.maps[first].union(self.maps[second]))
        return self._union[key]

    def constant(self, lo: int, hi: int) -> int:
        """Number of the map that sees lo to hi everywhere."""
        return self.number(IndexMap.constant(lo, hi)) if lo <= hi else self.nothing

    def is_constant(self, number: int) -> bool:
        """Tell whether the map sees the same lines at every index."""
        return number != NO_MAP and self.maps[number].is_constant

    def constants(self) -> NDArray[np.bool_]:
        """Whether each map is constant, by number; the last entry answers for `NO_MAP`."""
        return np.array([*(each.is_constant for each in self.maps), False])

    def at(self, number: int, index: int) -> int:
        """Number of the map that sees everywhere what map `number` sees at `index`."""
        if number == NO_MAP or self.is_constant(number):
            return number
        return self.constant(*self.maps[number].at(index))


def identity_field(shape: Sequence[int], axis: int, table: MapTable) -> AxisField:
    """Field of the input itself: line i sees line i."""
    stored = [1] * len(shape)
    stored[axis] = shape[axis]
    values = np.zeros((5, *stored), np.int32)
    lines = np.arange(shape[axis], dtype=np.int32).reshape(stored)
    values[START], values[END], values[INDEX] = lines, -lines, lines
    values[MAP] = table.number(IndexMap.identity())
    return AxisField(values, axis)


def compact(values: Ints) -> Ints:
    """The same values with length 1 along every axis on which nothing changes."""
    for axis in range(1, values.ndim):
        if values.shape[axis] > 1:
            first = values.take([0], axis)
            if (values == first).all():
                values = first
    return values


def union(first: AxisField, second: AxisField, table: MapTable) -> AxisField:
    """Field of an operation that takes the same element of both; shapes broadcast."""
    ndim = max(first.ndim, second.ndim)
    a, b = (
        each.values.reshape(5, *[1] * (ndim - each.ndim), *each.values.shape[1:])
        for each in (first, second)
    )
    axes = {each.axis + ndim - each.ndim for each in (first, second) if each.axis is not None}
    if len(axes) != 1:
        # As in attention, whose table of all pairs is large, but says one thing after some layers.
        a, b = _anywhere(a, table), _anywhere(b, table)
    shape = np.broadcast_shapes(a.shape, b.shape)
    values = np.empty(shape, np.int32)
    np.minimum(a[:MAP], b[:MAP], out=values[:MAP])
    axis = axes.pop() if len(axes) == 1 else None
    pairs = [np.broadcast_to(each[MAP:], (2, *shape[1:])).reshape(2, -1) for each in (a, b)]
    if (pairs[0] == pairs[1]).all():
        values[MAP:] = pairs[0].reshape(2, *shape[1:])
    else:
        values[MAP:] = _pairwise(pairs[0], pairs[1], table).reshape(2, *shape[1:])
    return AxisField(values, axis)


def _anywhere(values: Ints, table: MapTable) -> Ints:
    """`values` without the index if their maps are the same at every index."""
    if not table.constants()[values[MAP]].all():
        return values
    values = values.copy()
    values[INDEX] = 0
    return compact(values)


def pair_key(first: Ints, second: Ints) -> NDArray[np.int64]:
    """One number for each pair of numbers from 0 to 2**31, for a fast search of unique pairs."""
    return first.astype(np.int64) << 32 | second.astype(np.int64)


def _pairwise(a: Ints, b: Ints, table: MapTable) -> Ints:
    """Map and index, (2, n), of the unions of elements (2, n) and (2, n)."""
    constant = table.constants()
    # A map that is the same everywhere may be evaluated at the other one's index.
    a_anywhere, b_anywhere = constant[a[0]], constant[b[0]]
    clash = (a[1] != b[1]) & ~a_anywhere & ~b_anywhere
    keys, back = np.unique(pair_key(a[0] + 1, b[0] + 1) << 1 | clash, return_inverse=True)
    numbers = [
        NO_MAP if key & 1 else table.union(int(key >> 33) - 1, int(key >> 1 & 0xFFFFFFFF) - 1)
        for key in keys
    ]
    united = np.array(numbers, np.int32)[back.ravel()]
    return np.stack([united, np.where(a_anywhere, b[1], a[1]).astype(np.int32)])


def sizes_seen(
    field: AxisField, maps: set[int], table: MapTable, *, anywhere: bool
) -> set[int | None]:
    """Numbers of lines, unclipped, that elements of `field` see.

    Parameters
    ----------
    maps : the maps to ask; each at the indices where it stands, or, with `anywhere`, at all.
    """
    numbers, indices = field.values[MAP].ravel(), field.values[INDEX].ravel()
    if anywhere:
        pairs = {(number, int(index)) for number in maps for index in np.unique(indices)}
    else:
        among = np.isin(numbers, list(maps))
        keys = np.unique(pair_key(numbers[among], indices[among]))
        pairs = {(int(key >> 32), int(key & 0xFFFFFFFF)) for key in keys}
    ends = (table.maps[number].at(index) for number, index in pairs)
    return {hi - lo + 1 for lo, hi in ends if lo <= hi}
