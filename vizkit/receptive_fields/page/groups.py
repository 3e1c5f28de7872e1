"""Channels of a layer that see the same, and the ranges of their units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.page.ranges import Boxes, RangeTable, seen, together
from vizkit.receptive_fields.propagation.axis_field import PADDED, AxisField

_MOST_GROUPS = 128
_MOST_UNITS = 4096


@dataclass(frozen=True, slots=True)
class Group:
    """Channels that see the same at every position.

    Attributes
    ----------
    channels : their numbers, in order.
    rows, columns : numbers of their ranges in the `RangeTable`.
    united : True where the channels differ in too many ways to be told apart on a page; then the
        ranges are of what they see together.
    """

    channels: tuple[int, ...]
    rows: int
    columns: int
    united: bool = False


def groups(layer: LayerField, table: RangeTable) -> tuple[Group, ...]:
    """Groups of the channels of `layer`, in the order of their first channel.

    Empty for a layer without a map, one that does not depend on the image, and one whose units
    would each need numbers of their own where there are more than 4096 of them.
    """
    axes, value = layer.map_axes, layer.place.value
    fields = layer.propagation.fields.get(-1 if value is None else value.number)
    if axes is None or fields is None or not _fits(layer, fields.axes):
        return ()
    count = layer.place.shape[axes[0]]
    stored = [_by_channel(field, axes[0], count) for field in fields.axes]
    known: dict[tuple[bytes, ...], list[int]] = {}
    for channel, both in enumerate(zip(*stored, strict=True)):
        known.setdefault(both, []).append(channel)
    parts = [
        (channels, [_along(layer, i, fields.axes[i], channels[0], each[i], table) for i in (0, 1)])
        for each, channels in known.items()
    ]
    if len(parts) > _MOST_GROUPS:
        rows, columns = (
            table.number(reduce(together, [boxes[i] for _, boxes in parts])) for i in (0, 1)
        )
        return (Group(tuple(range(count)), rows, columns, united=True),)
    merged: dict[tuple[int, int], list[int]] = {}
    for channels, boxes in parts:
        merged.setdefault((table.number(boxes[0]), table.number(boxes[1])), []).extend(channels)
    found = [Group(tuple(sorted(c)), rows, columns) for (rows, columns), c in merged.items()]
    return tuple(sorted(found, key=lambda group: group.channels))


def _fits(layer: LayerField, fields: tuple[AxisField, AxisField]) -> bool:
    _, height, width = layer.shape
    return height * width <= _MOST_UNITS or not any(
        _by_unit(layer, which, field) for which, field in enumerate(fields)
    )


def _by_unit(layer: LayerField, which: int, field: AxisField) -> bool:
    """Whether the rows that a unit sees depend on its column, or the columns on its row."""
    assert layer.map_axes is not None
    return field.length(layer.map_axes[2 - which]) > 1


def _by_channel(field: AxisField, axis: int, count: int) -> list[bytes]:
    """What the field stores of each channel."""
    values = np.ascontiguousarray(np.moveaxis(field.values, axis + 1, 0))
    found = [each.tobytes() for each in values]
    return found * count if len(found) == 1 else found


def _along(
    layer: LayerField, which: int, field: AxisField, channel: int, stored: bytes, table: RangeTable
) -> Boxes:
    by_unit = _by_unit(layer, which, field)
    key = which, layer.shape[1:] if by_unit else layer.shape[1 + which], stored
    if key not in table.known:
        padded = field.values[PADDED] != 0
        found = []
        for y, x in _positions(layer, which, by_unit):
            index = layer.index(channel, (y, x))
            at = tuple(0 if n == 1 else i for n, i in zip(padded.shape, index, strict=True))
            found.append((*seen(layer, which, index), bool(padded[at])))
        table.known[key] = found
    return table.known[key]


def _positions(layer: LayerField, which: int, by_unit: bool) -> Iterator[tuple[int, int]]:
    _, height, width = layer.shape
    if by_unit:
        yield from ((int(y), int(x)) for y, x in np.ndindex(height, width))
    elif which == 0:
        yield from ((y, 0) for y in range(height))
    else:
        yield from ((0, x) for x in range(width))
