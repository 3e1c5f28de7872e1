"""Theoretical fields of units, unclipped, as the frame of their effective fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vizkit.errors import FieldError
from vizkit.networks.network import Network
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.receptive_fields.effective.density import Box
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.unit import Position


def theoretical_boxes(
    network: Network,
    positions: Mapping[str, Sequence[Position]],
    input_size: tuple[int, int],
    channels: Sequence[int] | None = None,
) -> dict[str, list[Box]]:
    """Box of what `channels` see together at every position, not clipped to the input.

    Raises
    ------
    FieldError : they see nothing of the image.
    """
    fields = receptive_field(network, input_size)
    found = {}
    for layer, places in positions.items():
        row = fields.layer(network.layer(layer).name)
        found[layer] = [_box(row, place, channels) for place in places]
    return found


def _box(row: LayerField, place: Position, channels: Sequence[int] | None) -> Box:
    rows, columns = (row.union(axis, place, channels) for axis in (0, 1))
    if rows is None or columns is None:
        raise FieldError(f"{row.name} sees nothing of the image.")
    return rows[0], columns[0], rows[1], columns[1]
