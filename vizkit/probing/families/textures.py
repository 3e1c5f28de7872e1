"""Images that favor no orientation, color or filter: noise as fine as can be turned."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.receptive_fields import LayerField, receptive_field

COUNT = 64
_FINEST = 0.35
"""Cycles per pixel; bilinear interpolation takes much away from finer detail."""
_LEAST = 16


def field_of(network: Network, layer: str) -> LayerField:
    """Receptive field of `layer` for images of the network's own size."""
    fields = receptive_field(network, network.input_size)
    return fields.layer(network.layer(layer).name)


def size_for(network: Network, field: LayerField, margin: float) -> tuple[int, int]:
    """(height, width) of images in whose middle a unit's field lies, `margin` times as large.

    The field's middle is the image's, so that turns and reflections about the one are about the
    other. Fields too large for that get images of the network's own size.
    """
    size, stride, center = field.size, field.stride, field.center
    sides = []
    for axis in (0, 1):
        wide, step, first = size[axis], stride[axis], center[axis]
        if wide is None or not step or first is None:
            return network.input_size
        need = max(math.ceil(wide * margin), _LEAST)
        steps = math.ceil(((need - 1) / 2 - float(first)) / step)
        sides.append(round(2 * (float(first) + steps * step)) + 1)
    if any(side > own for side, own in zip(sides, network.input_size, strict=True)):
        return network.input_size
    return sides[0], sides[1]


def textures(channels: int, size: tuple[int, int], count: int, seed: int) -> Tensor:
    """Noise without structure up to the finest detail, B C H W in [0, 1].

    Examples
    --------
    >>> textures(3, (16, 16), 2, seed=0).shape
    torch.Size([2, 3, 16, 16])
    """
    generator = torch.Generator().manual_seed(seed)
    white = torch.randn(count, channels, *size, generator=generator)
    y, x = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])
    kept = (y**2 + x**2).sqrt() <= _FINEST
    kept[0, 0] = False
    noise: Tensor = torch.fft.irfft2(torch.fft.rfft2(white) * kept, size)
    return (0.5 + 0.2 * noise / noise.std()).clamp(0, 1)
