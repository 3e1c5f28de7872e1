"""Units whose fields the border cuts off least."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from vizkit.errors import UnitNotFoundError
from vizkit.networks.network import Network
from vizkit.unit import Position


def middle(height: int, width: int) -> tuple[Position, ...]:
    """Units around the middle of a map: one, or two or four where a side is even.

    Examples
    --------
    >>> middle(7, 7), middle(5, 4)
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
    """Channels and positions of `layer`: those asked for, or all and the middle.

    Raises
    ------
    UnitNotFoundError : the layer has no such channel or position, or none was given.
    """
    count, height, width = maps.shape[1:]
    chosen = list(range(count)) if channels is None else list(channels)
    places = middle(height, width) if positions is None else tuple(positions)
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
