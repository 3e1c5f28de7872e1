"""Channels of a layer that see the same, and the ranges of their units."""

from __future__ import annotations

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
    axes, fields = layer.map_axes, layer.propagation.fields.get(layer.number)
    if axes is None or fields is None:
        return ()
    channels, height, width = layer.shape
    # Whether the rows that a unit sees depend on its column, or the columns on its row.
    by_unit = [field.length(axes[2 - which]) > 1 for which, field in enumerate(fields.axes)]
    if any(by_unit) and height * width > _MOST_UNITS:
        return ()
    stored = [_by_channel(field, axes[0], channels) for field in fields.axes]
    equal: dict[tuple[bytes, ...], list[int]] = {}
    for channel, both in enumerate(zip(*stored, strict=True)):
        equal.setdefault(both, []).append(channel)
    parts = [
        (numbers, [_along(layer, i, by_unit[i], numbers[0], both[i], table) for i in (0, 1)])
        for both, numbers in equal.items()
    ]
    if len(parts) > _MOST_GROUPS:
        rows, columns = (
            table.number(reduce(together, [boxes[i] for _, boxes in parts])) for i in (0, 1)
        )
        return (Group(tuple(range(channels)), rows, columns, united=True),)
    merged: dict[tuple[int, int], list[int]] = {}
    for numbers, boxes in parts:
        merged.setdefault((table.number(boxes[0]), table.number(boxes[1])), []).extend(numbers)
    return tuple(
        sorted(
            (Group(tuple(sorted(c)), rows, columns) for (rows, columns), c in merged.items()),
            key=lambda group: group.channels,
        )
    )


def _by_channel(field: AxisField, axis: int, count: int) -> list[bytes]:
    """What the field stores of each channel."""
    values = np.ascontiguousarray(np.moveaxis(field.values, axis + 1, 0))
    stored = [channel.tobytes() for channel in values]
    return stored * count if len(stored) == 1 else stored


def _along(
    layer: LayerField, which: int, by_unit: bool, channel: int, stored: bytes, table: RangeTable
) -> Boxes:
    """What the units see along the rows (0) or columns (1): one for each line, or each unit."""
    _, height, width = layer.shape
    key = which, (height, width) if by_unit else layer.shape[1 + which], stored
    if key not in table.known:
        padded = layer.propagation.fields[layer.number].axes[which].values[PADDED] != 0
        boxes = []
        for y in range(height if by_unit or which == 0 else 1):
            for x in range(width if by_unit or which == 1 else 1):
                index = layer.index(channel, (y, x))
                at = tuple(0 if n == 1 else i for n, i in zip(padded.shape, index, strict=True))
                boxes.append((*seen(layer, which, index), bool(padded[at])))
        table.known[key] = boxes
    return table.known[key]
