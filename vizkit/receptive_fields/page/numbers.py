"""The numbers in the page, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from vizkit.address import format_channels
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.page.groups import Group, groups
from vizkit.receptive_fields.page.holes import Reader
from vizkit.receptive_fields.page.mirror import Mirror
from vizkit.receptive_fields.page.ranges import RangeTable
from vizkit.version import __version__


def numbers(fields: ReceptiveFields) -> dict[str, Any]:
    """Everything that the page knows of `fields`, as JSON takes it.

    ``ranges`` holds what units see along one axis, each kind once; the groups of the layers name
    theirs by number, ``rows`` and ``columns``. A group is ``loose`` where its boxes hold more
    pixels than the units read. ``size`` is that of the source.
    """
    table, reader, mirror = RangeTable(), Reader(fields), Mirror(fields)
    layers = [_layer(layer, table, reader, mirror) for layer in fields]
    return {
        "network": fields.network,
        "source": fields.source,
        "size": list(fields.source_size),
        "vizkit": __version__,
        "parameters": fields.parameters,
        "layers": layers,
        "ranges": table.entries,
    }


def _layer(layer: LayerField, table: RangeTable, reader: Reader, mirror: Mirror) -> dict[str, Any]:
    return {
        "name": layer.name,
        "call": layer.call,
        "aliases": list(layer.aliases),
        "op": layer.op,
        "shape": list(layer.shape),
        "map": layer.map_axes is not None,
        "size": list(layer.size),
        "stride": list(layer.stride),
        "padding": list(layer.padding),
        "center": [None if line is None else float(line) for line in layer.center],
        "interior": [None if ends is None else list(ends) for ends in layer.interior],
        "status": layer.status,
        "parameters": layer.parameters,
        "multiply_adds": layer.multiply_adds,
        "groups": [_group(layer, group, table, reader, mirror) for group in groups(layer, table)],
        "seen": _seen(layer),
    }


def _group(
    layer: LayerField, group: Group, table: RangeTable, reader: Reader, mirror: Mirror
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "channels": format_channels(group.channels),
        "first": group.channels[0],
        "count": len(group.channels),
        "rows": group.rows,
        "columns": group.columns,
    }
    if group.united:
        described["united"] = True
    holes = reader.holes(layer, group)
    if holes is not None:
        described["density"] = round(holes.density, 6)
        if holes.rows is not None:
            described["reads"] = [holes.rows, holes.columns]
    if not mirror.agrees(layer, group, table.entries, holes):
        described["loose"] = True
    return described


def _seen(layer: LayerField) -> dict[str, Any] | None:
    """What all units see together, and whether each one sees the same; None for nothing."""
    box, same = [], True
    for axis in (0, 1):
        first, last = layer.ends(axis)
        lo, hi = int(np.min(first)), int(np.max(last))
        if lo > hi:
            return None
        box.append((lo, hi))
        same = same and bool((first == lo).all() and (last == hi).all())
    return {"box": [box[0][0], box[1][0], box[0][1], box[1][1]], "same": same}
