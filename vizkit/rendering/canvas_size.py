"""How large a canvas a unit needs: what it sees and a margin, no more.

Cost grows with the area, so a canvas of the network's input size is 40 times dearer than needed at
the second layer of GoogLeNet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vizkit.errors import NotFoundError, UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.receptive_fields.calculate import fields_or_none

SMALLEST = 48
LARGEST = 144
"""Beyond this a picture gains little: fields of deep units are much larger in theory than in
effect, and a channel repeats its motif over the map anyway."""
_REPEATS = 1.5
_MARGIN = 16
MOST_PIXELS = 4096
"""Largest side that can be asked for."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Canvas of a layer's units and what it follows from.

    Attributes
    ----------
    canvas : (height, width) in pixels.
    seen : (height, width) in pixels of what one unit sees, as if the input had no borders; None
        when it cannot be calculated.
    covers : True when the unit in the middle sees the whole input.
    """

    canvas: tuple[int, int]
    seen: tuple[int, int] | None
    covers: bool


def size_canvas(
    network: Network,
    layer: LayerInfo,
    *,
    whole: bool = False,
    asked: int | tuple[int, int] | None = None,
) -> Sizing:
    """Canvas for the units of `layer`.

    Parameters
    ----------
    whole : True for neurons at a stated position, which need the network's own input.
    asked : side, or (height, width), that the user asked for; None chooses.

    Raises
    ------
    UsageError : `asked` is out of range.
    """
    chosen = (asked, asked) if isinstance(asked, int) else asked
    if chosen is not None and not all(1 <= side <= MOST_PIXELS for side in chosen):
        raise UsageError(f"size={asked} is out of range.\n  Allowed: 1 to {MOST_PIXELS} pixels.")
    seen, covers = _seen(network, layer)
    input_size = network.preprocessing.input_size
    if chosen is not None:
        return Sizing(chosen, seen, covers)
    if whole or not layer.spatial:
        return Sizing(input_size, seen, covers)
    # An even side keeps the spectrum free of a lone highest frequency on one axis only.
    height, width = (
        min(max(8 * math.ceil((_REPEATS * side + _MARGIN) / 8), SMALLEST), LARGEST, limit)
        for side, limit in zip(seen or input_size, input_size, strict=True)
    )
    return Sizing((height, width), seen, covers)


def _seen(network: Network, layer: LayerInfo) -> tuple[tuple[int, int] | None, bool]:
    """Size of what the layer's channels see together, and whether that is the whole input."""
    fields = fields_or_none(network)
    if fields is None:
        return None, False
    try:
        row = fields.layer(layer.name)
        units = [fields.unit(layer.name, group.channels[0]) for group in row.groups]
    except NotFoundError:
        return None, False  # without rows and columns, as in a list of tokens
    whole = (0, 0, fields.input_size[0] - 1, fields.input_size[1] - 1)
    # Where it differs from place to place, the unit in the middle stands for the others.
    height, width = (
        max(unit.size[axis] for unit in units) if size is None else size
        for axis, size in enumerate(row.size)
    )
    return (height, width), any(unit.clipped == whole for unit in units)
