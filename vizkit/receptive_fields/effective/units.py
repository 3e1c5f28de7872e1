"""The units whose effective field is measured, and the frame of it: their theoretical fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor

from vizkit.errors import FieldError, UnitNotFoundError, UsageError
from vizkit.networks.network import Network
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.unit_field import Box
from vizkit.unit import Position


def size_of(input_size: int | Sequence[int] | None) -> tuple[int, int] | None:
    """(height, width) of a side or a pair; None for the network's own."""
    if input_size is None:
        return None
    sides = (input_size,) * 2 if isinstance(input_size, int) else input_size
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise UsageError(
            f"input_size={input_size!r} is no size of an image.\n"
            "  Give a side or (height, width) in pixels, for example 224."
        )
    return sides[0], sides[1]


def central_positions(height: int, width: int) -> tuple[Position, ...]:
    """Units around the middle of a map, whose fields the border cuts off least.

    One, or two or four where a side is even: their mean leans to no side.

    Examples
    --------
    >>> central_positions(7, 7), central_positions(5, 4)
    (((3, 3),), ((2, 1), (2, 2)))
    """
    rows = sorted({(height - 1) // 2, height // 2})
    columns = sorted({(width - 1) // 2, width // 2})
    return tuple((y, x) for y in rows for x in columns)


def as_maps(output: Tensor) -> Tensor:
    """Output of a layer as B C H W; a layer without a map has one position."""
    return output if output.ndim == 4 else output.flatten(1)[:, :, None, None]


def check_units(
    network: Network,
    layer: str,
    maps: Tensor,
    channels: Iterable[int] | None,
    positions: Iterable[Position] | None,
) -> tuple[list[int], tuple[Position, ...]]:
    """Channels and positions of `layer`: those asked for, or all and the central ones.

    Raises
    ------
    UnitNotFoundError : the layer has no such channel or position, or none was given.
    """
    count, height, width = maps.shape[1:]
    chosen = list(range(count)) if channels is None else list(channels)
    places = central_positions(height, width) if positions is None else tuple(positions)
    where = f"{layer} of {network.name}"
    if not chosen or not places:
        raise UnitNotFoundError(
            f"no unit of {where} was given.\n  Leave the argument away for all."
        )
    for channel in chosen:
        if not 0 <= channel < count:
            raise UnitNotFoundError(
                f"channel {channel} is not in {where}.\n"
                f"  It has {count} channels: give 0 to {count - 1}."
            )
    for y, x in places:
        if not (0 <= y < height and 0 <= x < width):
            raise UnitNotFoundError(
                f"position {y},{x} is outside of the map of {where}.\n"
                f"  For this input it has {height} x {width} positions: "
                f"give 0,0 to {height - 1},{width - 1}."
            )
    return chosen, places


def theoretical_boxes(
    network: Network,
    positions: Mapping[str, Sequence[Position]],
    input_size: tuple[int, int],
    channels: Sequence[int] | None = None,
) -> dict[str, list[Box]]:
    """By layer, the box of what `channels` see together at every position, not clipped.

    Raises
    ------
    FieldError : they see nothing of the image.
    """
    fields = receptive_field(network, input_size)
    rows = {layer: fields.layer(network.layer(layer).name) for layer in positions}
    return {
        layer: [_box(rows[layer], place, channels) for place in places]
        for layer, places in positions.items()
    }


def _box(row: LayerField, place: Position, channels: Sequence[int] | None) -> Box:
    rows, columns = (row.union(axis, place, channels) for axis in (0, 1))
    if rows is None or columns is None:
        raise FieldError(f"{row.name} sees nothing of the image.")
    return rows[0], columns[0], rows[1], columns[1]
