"""What the units of one layer see, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np

from vizkit.address import format_channels
from vizkit.receptive_fields.channel_maps import ChannelMaps, Pair
from vizkit.receptive_fields.layer_table import cells, legend
from vizkit.receptive_fields.propagation.axis_field import (
    END,
    NO_MAP,
    PADDED,
    START,
    AxisField,
    Ints,
)
from vizkit.receptive_fields.propagation.axis_recovery import recover_axis
from vizkit.receptive_fields.propagation.graph import Place
from vizkit.receptive_fields.propagation.index_map import NEVER
from vizkit.receptive_fields.propagation.propagate import Propagation
from vizkit.receptive_fields.propagation.relations import Mask
from vizkit.result import Result

MaybePair = tuple[int | None, int | None]
Status = Literal["exact", "measured", "whole"]


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Channels of a layer that see patches of one size.

    Attributes
    ----------
    channels : numbers of the channels, in order.
    size : (height, width) of the patch, unclipped; None where it differs between positions.
    """

    channels: tuple[int, ...]
    size: MaybePair

    def __str__(self) -> str:
        return format_channels(self.channels)


@dataclass(frozen=True, eq=False, repr=False)
class LayerField(Result):
    """The receptive field of a layer's units, and what the layer costs.

    Sizes and positions are (height, width) in pixels of the source, which is the image unless
    another layer was asked for.

    Attributes
    ----------
    aliases : names of the literature.
    multiply_adds : of the convolutions and matrix products in it, for one image.
    network, source : as of `ReceptiveFields`, its `title`.
    """

    place: Place
    aliases: tuple[str, ...]
    propagation: Propagation
    multiply_adds: int
    network: str
    source: str

    def __repr__(self) -> str:
        size, stride = ("x".join(str(n or "-") for n in pair) for pair in (self.size, self.stride))
        name = self.name or "(the network)"
        return (
            f"<LayerField {self.network}/{name}: {self.op}, sees {size}, stride {stride}, "
            f"{self.status}>"
        )

    def __str__(self) -> str:
        seen = f", to layer {self.source}" if self.source else ""
        return f"{self.network}{seen}\n{cells([self])}\n{legend(self.source)}"

    def as_dict(self) -> dict[str, Any]:
        """All of its numbers; a pair is None where neither axis has a single value."""
        rows, columns = self.interior
        center = tuple(None if line is None else float(line) for line in self.center)
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "op": self.op,
            "call": self.call,
            "shape": list(self.shape),
            "size": _list(self.size),
            "stride": _list(self.stride),
            "padding": _list(self.padding),
            "center": _list(center),
            "status": self.status,
            "groups": [{"channels": str(g), "size": _list(g.size)} for g in self.groups],
            "interior": {"rows": _list(rows), "cols": _list(columns)},
            "share": self.share,
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
        }

    @property
    def name(self) -> str:
        """Module path; for a function, the module that calls it and the function's name."""
        return self.place.name

    @property
    def op(self) -> str:
        """Class of the module, or name of the function."""
        return self.place.op

    @property
    def call(self) -> int:
        """1 for the module's first call, 2 for its second."""
        return self.place.call

    @property
    def parameters(self) -> int:
        """Number of parameters of the module and all in it."""
        return self.place.parameters

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of the output for one image, or what it has instead of that."""
        axes = self.map_axes
        if axes is None:
            return self.place.shape[1 if self.place.shape[:1] == (1,) else 0 :]
        return tuple(self.place.shape[axis] for axis in axes)

    @cached_property
    def map_axes(self) -> tuple[int, int, int] | None:
        """Axes of the output that are its channels, rows and columns; None without a map.

        Rows are what moves along the rows of the image: where the network has transposed its map,
        they come last in the output, and units are counted by the image nonetheless.
        """
        if len(self.place.shape) != 4 or self.place.shape[0] != 1:
            return None
        rows, columns = (None, None) if self._fields is None else (f.place for f in self._fields)
        if rows is None and columns is None:
            # Every unit sees the same. Maps are square more often than as wide as deep.
            first, second, third = self.place.shape[1:]
            return (3, 1, 2) if first == second != third else (1, 2, 3)
        if rows is None or columns is None or rows == columns:
            known = columns if rows is None else rows
            assert known is not None
            step = 1 if rows is not None else -1
            rows, columns = (known, known + step) if step > 0 else (known - 1, known)
        if not {rows, columns} < {1, 2, 3}:
            return None
        return 6 - rows - columns, rows, columns

    @cached_property
    def size(self) -> MaybePair:
        """Height and width of what a unit sees, unclipped; None where no single value exists.

        Where channels differ it is what they see together; `groups` tells them apart.
        """
        return self._maps.size(0), self._maps.size(1)

    @property
    def stride(self) -> MaybePair:
        """Pixels from what one unit sees to what the next one sees."""
        return self._of_maps("stride")

    @property
    def padding(self) -> MaybePair:
        """Pixels by which the field of unit 0 begins before the image."""
        return self._of_maps("padding")

    @property
    def center(self) -> tuple[Fraction | None, Fraction | None]:
        """Middle of the field of unit 0, as the index of a pixel."""
        rows, columns = (
            None if size is None or padding is None else Fraction(size - 1, 2) - padding
            for size, padding in zip(self.size, self.padding, strict=True)
        )
        return rows, columns

    @cached_property
    def status(self) -> Status:
        """``exact``, ``measured`` (an operation without a rule was probed), or ``whole``.

        ``whole`` stands where an operation couples all positions of the image.
        """
        fields = self.propagation.fields.get(self.number)
        if fields is not None and fields.measured:
            return "measured"
        whole = fields is not None and all(self._maps.whole(axis) for axis in (0, 1))
        return "whole" if whole else "exact"

    @cached_property
    def groups(self) -> tuple[ChannelGroup, ...]:
        """Channels by the size of what they see, in the order of their first channel."""
        by_size: dict[MaybePair, list[int]] = {}
        for channels, (rows, columns) in self._maps.by_channel.items():
            size = self._maps.size(0, rows), self._maps.size(1, columns)
            by_size.setdefault(size, []).extend(channels)
        groups = [ChannelGroup(tuple(sorted(c)), size) for size, c in by_size.items()]
        return tuple(sorted(groups, key=lambda group: group.channels))

    @property
    def interior(self) -> tuple[Pair | None, Pair | None]:
        """First and last row, and column, of the units that no padding can reach."""
        rows, columns = (self._interior(i) for i in (0, 1))
        return rows, columns

    @property
    def share(self) -> float | None:
        """Share of the source's area that a unit in the middle can see, from 0 to 1."""
        if None in self.size:
            return None
        share = 1.0
        for size, table in zip(self.size, self.propagation.tables, strict=True):
            assert size is not None
            share *= min(size, table.lines) / table.lines
        return share

    def ends(self, axis: int) -> tuple[Ints, Ints]:
        """First and last line really read along `axis` (0 rows, 1 columns), for all elements.

        The arrays broadcast to the shape of the output, batch included; an element that nothing
        reaches has first > last.
        """
        if self._fields is None:
            nothing = np.full((1,) * len(self.place.shape), NEVER, np.int32)
            return nothing, -nothing
        values = self._fields[axis].values
        return values[START], -values[END]

    def element(self, axis: int, index: tuple[int, ...]) -> tuple[Pair | None, Pair | None]:
        """Unclipped and clipped range of one element along `axis`; None where it sees nothing."""
        if self._fields is None:
            return None, None
        values = self._fields[axis].values
        at = tuple(0 if n == 1 else i for n, i in zip(values.shape[1:], index, strict=True))
        start, end, _, number, place = (int(row[at]) for row in values)
        if start == NEVER:
            return None, None
        clipped = start, -end
        if number == NO_MAP:
            return clipped, clipped
        lo, hi = self.propagation.tables[axis].maps[number].at(place)
        return (lo, hi) if lo <= hi else clipped, clipped

    def union(
        self, axis: int, position: Pair, channels: Sequence[int] | None = None
    ) -> Pair | None:
        """Unclipped range along `axis` of what channels see together at (y, x); None for nothing.

        Parameters
        ----------
        position : in the map; without a map anything, and `channels` count all the numbers that
            the layer gives for one image.
        channels : by default all.
        """
        if self._fields is None:
            return None
        shape, axes, stored = self.place.shape, self.map_axes, self._fields[axis]
        indices: list[tuple[int, ...]] = []
        if axes is None:
            numbers = range(int(np.prod(shape[1:]))) if channels is None else channels
            indices = [(0, *map(int, np.unravel_index(n, shape[1:]))) for n in numbers]
        else:
            numbers = range(shape[axes[0]]) if channels is None else channels
            same = stored.length(axes[0]) == 1
            indices = [self.index(c, position) for c in (numbers[:1] if same else numbers)]
        seen = {self.element(axis, index)[0] for index in indices}
        ends = [pair for pair in seen if pair is not None]
        return (min(a for a, _ in ends), max(b for _, b in ends)) if ends else None

    def index(self, channel: int, position: Pair) -> tuple[int, ...]:
        """Index of a unit into the layer's output, which has a map."""
        assert self.map_axes is not None
        index = [0, 0, 0, 0]
        for axis, at in zip(self.map_axes, (channel, *position), strict=True):
            index[axis] = at
        return tuple(index)

    @property
    def number(self) -> int:
        """Number of the value that it returns; -1 where that does not depend on the input."""
        return -1 if self.place.value is None else self.place.value.number

    @property
    def _fields(self) -> tuple[AxisField, AxisField] | None:
        fields = self.propagation.fields.get(self.number)
        return None if fields is None else fields.axes

    @cached_property
    def _maps(self) -> ChannelMaps:
        axes, count = self.map_axes, len(self.place.shape)
        axis = axes[0] if axes is not None else count - 1 if count == 3 else min(1, count - 1)
        return ChannelMaps(self._fields, self.propagation.tables, axis, self.place.shape[axis])

    def _of_maps(self, what: Literal["stride", "padding"]) -> MaybePair:
        rows, columns = (
            None if index_map is None else getattr(index_map, what)
            for index_map in (self._maps.only(axis) for axis in (0, 1))
        )
        return rows, columns

    def _interior(self, which: int) -> Pair | None:
        axes = self.map_axes
        if axes is None or self._fields is None:
            return None
        axis = axes[1 + which]
        table = self.propagation.tables[which]
        field = recover_axis(self._fields[which], table, self.place.shape[axis], axis)
        if field.axis != axis:
            # Without an order along the axis, padding behind it went unnoticed.
            return None
        padded = field.values[PADDED] != 0
        others = tuple(i for i in range(padded.ndim) if i != axis)
        touched: Mask = np.broadcast_to(np.any(padded, axis=others), self.place.shape[axis])
        free = np.flatnonzero(~touched)
        if not len(free):
            return None
        longest = max(np.split(free, np.flatnonzero(np.diff(free) > 1) + 1), key=len)
        return int(longest[0]), int(longest[-1])


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    if values is None or all(value is None for value in values):
        return None
    return list(values)
