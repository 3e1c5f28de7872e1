"""The index maps of a layer's channels, which sizes, strides and paddings are read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from vizkit.receptive_fields.propagation.axis_field import (
    MAP,
    NO_MAP,
    AxisField,
    MapTable,
    sizes_seen,
)
from vizkit.receptive_fields.propagation.index_map import IndexMap

Pair = tuple[int, int]
Maps = tuple[int, ...]
"""Numbers of index maps."""


@dataclass(frozen=True, eq=False)
class ChannelMaps:
    """Which index maps the elements of a layer have, along the rows (0) and the columns (1).

    Attributes
    ----------
    fields : of the rows and of the columns; None where the layer does not depend on the source.
    tables : of the maps.
    axis, count : axis of the layer's output that is its channels, and their number.
    """

    fields: tuple[AxisField, AxisField] | None
    tables: tuple[MapTable, MapTable]
    axis: int
    count: int

    @cached_property
    def by_channel(self) -> dict[Maps, tuple[Maps, Maps]]:
        """Maps of the rows and of the columns that occur in channels, by the channels."""
        if self.fields is None:
            rows, columns = self.tables
            return {tuple(range(self.count)): ((rows.nothing,), (columns.nothing,))}
        occurring = [_occurring(field, self.axis, self.count) for field in self.fields]
        channels: dict[tuple[Maps, Maps], list[int]] = {}
        for channel, (rows_maps, columns_maps) in enumerate(zip(*occurring, strict=True)):
            channels.setdefault((rows_maps, columns_maps), []).append(channel)
        return {tuple(numbers): maps for maps, numbers in channels.items()}

    def size(self, axis: int, maps: Iterable[int] | None = None) -> int | None:
        """Lines that each unit sees, unclipped; None where no single number exists.

        Parameters
        ----------
        maps : those of one group of channels; by default of all, whose fields are united.
        """
        table = self.tables[axis]
        by_place = maps is not None or self._differs_by_place(axis)
        numbers = self._all(axis) if maps is None else set(maps)
        numbers = numbers - {table.nothing} or numbers
        if not by_place:
            numbers = {reduce(table.union, numbers)}
        if NO_MAP in numbers:
            return None
        sizes = {table.maps[number].size for number in numbers}
        if None in sizes and self.fields is not None:
            # One size for all units, though no one rule for all indices: windows of attention.
            sizes = sizes_seen(self.fields[axis], numbers, table, anywhere=not by_place)
        return sizes.pop() if len(sizes) == 1 else None

    def whole(self, axis: int) -> bool:
        """Whether every unit sees all lines, whatever its place."""
        united = reduce(self.tables[axis].union, self._all(axis))
        return united == self.tables[axis].whole and not self._differs_by_place(axis)

    def only(self, axis: int) -> IndexMap | None:
        """The map of all channels together, for a layer that has an axis of its own along `axis`.

        None also where elements of one channel have different maps.
        """
        placed = self.fields is not None and self.fields[axis].axis is not None
        if not placed or self._differs_by_place(axis):
            return None
        number = reduce(self.tables[axis].union, self._all(axis))
        return None if number == NO_MAP else self.tables[axis].maps[number]

    def _all(self, axis: int) -> set[int]:
        if self.fields is None:
            return {self.tables[axis].nothing}
        return set(np.unique(self.fields[axis].values[MAP]).tolist())

    def _differs_by_place(self, axis: int) -> bool:
        """Whether elements of the same channel have different maps."""
        return any(len(maps[axis]) > 1 for maps in self.by_channel.values())


def _occurring(field: AxisField, axis: int, count: int) -> list[Maps]:
    """Numbers of the maps that occur in each channel."""
    maps = np.moveaxis(field.values[MAP], axis, 0)
    maps = maps.reshape(len(maps), -1)
    known: dict[bytes, Maps] = {}
    occurring = []
    for channel in maps:
        name = channel.tobytes()
        if name not in known:
            known[name] = tuple(np.unique(channel).tolist())
        occurring.append(known[name])
    return occurring * count if len(occurring) == 1 else occurring
