"""Maps of channels as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from PIL import Image

_GAP = 4
_SMALLEST = 128
"""Side of a picture in pixels, below which nobody sees what is in it."""


def map_strip(image: Tensor, maps: Sequence[Tensor]) -> Image.Image:
    """Draw a photograph and beside it the maps of channels at the same size.

    Black is no response or less, white the strongest response of all the maps. Small images
    (LeNet's) are shown several times as large, pixel by pixel.

    Parameters
    ----------
    image : C H W in [0, 1], one or three channels.
    maps : H x W each, of any size.
    """
    from PIL import Image

    times = max(1, -(-_SMALLEST // min(image.shape[1:])))
    height, width = (times * side for side in image.shape[1:])
    peak = max((float(values.max()) for values in maps), default=0.0)
    photograph = torch.nn.functional.interpolate(image[None], (height, width))[0]
    tiles = [photograph.expand(3, -1, -1).cpu()]
    for values in maps:
        shade = values.clamp(min=0) / peak if peak > 0 else torch.zeros_like(values)
        enlarged = torch.nn.functional.interpolate(shade[None, None], (height, width))
        tiles.append(enlarged[0].expand(3, -1, -1))
    strip = Image.new("RGB", (len(tiles) * (width + _GAP) - _GAP, height), "white")
    for number, tile in enumerate(tiles):
        pixels = (tile.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
        strip.paste(Image.fromarray(pixels.numpy()), (number * (width + _GAP), 0))
    return strip
