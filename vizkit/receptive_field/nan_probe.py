"""The extent of a unit's field, measured on the unmodified network with NaN half-planes.

NaN passes through every convolution, pooling and ReLU that reads it, whatever the weights. So a
unit turns NaN exactly when the rows that are NaN reach into its field, and a bisection over the
edge of a NaN half-plane finds each side of the field. No rule about any operation is needed, which
makes this an oracle for everything that calculates receptive fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.capture import capture
from vizkit.errors import RenderError
from vizkit.models.network import Network


@dataclass(frozen=True, slots=True)
class Extent:
    """The field of one unit within the network's input.

    Attributes
    ----------
    box : [y0, x0, y1, x1] in input pixels, inclusive, clipped to the input.
    input_size : (height, width) that it was measured at.
    """

    box: tuple[int, int, int, int]
    input_size: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the box in input pixels."""
        y0, x0, y1, x1 = self.box
        return y1 - y0 + 1, x1 - x0 + 1

    @property
    def covers(self) -> bool:
        """True when the field reaches a border of the input, so that it may be larger."""
        y0, x0, y1, x1 = self.box
        height, width = self.input_size
        return y0 == 0 or x0 == 0 or y1 == height - 1 or x1 == width - 1


def measure_extent(network: Network, layer: str, position: tuple[int, int] | None = None) -> Extent:
    """Extent of a unit of `layer`, by default the one in the middle of the map.

    Parameters
    ----------
    layer : module path or alias.
    position : (y, x) in the layer's map at the network's input size.

    Raises
    ------
    RenderError : an operation of the network swallows NaN, so its field cannot be seen this way.
    """
    info = network.layer(layer)
    size = network.preprocessing.input_size
    if not info.spatial:
        return Extent((0, 0, size[0] - 1, size[1] - 1), size)
    shape = (1, network.preprocessing.channels, *size)
    image = torch.full(shape, 0.5, device=network.device, dtype=torch.float32)
    with torch.no_grad(), capture(network, [info.name]) as activations:

        def reached(images: Tensor) -> list[bool]:
            network(images)
            maps = activations[info.name]
            y, x = position or (maps.shape[-2] // 2, maps.shape[-1] // 2)
            return [bool(each) for each in maps[:, :, y, x].isnan().any(1)]

        if not reached(torch.full_like(image, torch.nan))[0]:
            raise RenderError(
                f"{network.name}/{info.name} swallows NaN: its field cannot be measured this way."
            )
        # Sides: top, bottom, left, right. `low` NaN lines from the side leave the unit finite,
        # `high` reach it; the field begins at line number `low` from that side.
        lengths = (size[0], size[0], size[1], size[1])
        low, high = [0, 0, 0, 0], list(lengths)
        while any(high[side] - low[side] > 1 for side in range(4)):
            middle = [(low[side] + high[side]) // 2 for side in range(4)]
            images = image.repeat(4, 1, 1, 1)
            images[0, :, : middle[0]] = torch.nan
            images[1, :, size[0] - middle[1] :] = torch.nan
            images[2, :, :, : middle[2]] = torch.nan
            images[3, :, :, size[1] - middle[3] :] = torch.nan
            for side, hit in enumerate(reached(images)):
                if high[side] - low[side] > 1:
                    (high if hit else low)[side] = middle[side]
    return Extent((low[0], low[2], size[0] - 1 - low[1], size[1] - 1 - low[3]), size)
