"""How large a canvas a unit needs: what it sees and a margin, no more.

Cost grows with the area, so a canvas of the network's input size is 40 times dearer than needed at
the second layer of GoogLeNet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vizkit.errors import RenderError, UsageError
from vizkit.models.layers import LayerInfo
from vizkit.models.network import Network
from vizkit.receptive_field import Extent, measure_extent

SMALLEST = 48
LARGEST = 144
"""Beyond this a picture gains little: fields of deep units are much larger in theory than in
effect, and a channel repeats its motif over the map anyway."""
_REPEATS = 1.5
_MARGIN = 16
_PROBES = (64, 128)
"""Sides of inputs to look for the extent at before the network's own, which costs up to ten times
as much."""
MOST_PIXELS = 4096
"""Largest side that can be asked for."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Canvas of a layer's units and the extent that it follows from.

    Attributes
    ----------
    canvas : (height, width) in pixels.
    extent : of the unit in the middle of the map; None when an operation swallows the probe.
    """

    canvas: tuple[int, int]
    extent: Extent | None


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
    if chosen is not None and not all(1 <= each <= MOST_PIXELS for each in chosen):
        raise UsageError(f"size={asked} is out of range.\n  Allowed: 1 to {MOST_PIXELS} pixels.")
    extent = _measure(network, layer)
    own = network.preprocessing.input_size
    if chosen is not None:
        return Sizing(chosen, extent)
    if whole or not layer.spatial:
        return Sizing(own, extent)
    seen = own if extent is None else extent.size
    # An even side keeps the spectrum free of a lone highest frequency on one axis only.
    height, width = (
        min(max(8 * math.ceil((_REPEATS * each + _MARGIN) / 8), SMALLEST), LARGEST, limit)
        for each, limit in zip(seen, own, strict=True)
    )
    return Sizing((height, width), extent)


def _measure(network: Network, layer: LayerInfo) -> Extent | None:
    """Extent in the middle of the map, measured at the smallest input that holds it."""
    own = network.preprocessing.input_size
    smaller = [(side, side) for side in _PROBES if layer.spatial and side < min(own)]
    for size in (*smaller, own):
        try:
            extent = measure_extent(network, layer.name, input_size=size)
        except RenderError:
            return None
        except RuntimeError:
            continue  # the network does not take an input of this size
        if size == own or not extent.covers:
            return extent
    return None
