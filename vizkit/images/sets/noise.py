"""Noise images, from smooth to rough: always at hand, and like nothing in particular."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from vizkit.images.image_set import ImageSet

_IMAGES = 8
NOISE_IMAGES = 4
"""Size of the noise batch; a channel of the deepest maps sees about 200 positions in it."""


def noise(channels: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Noise images, float64 in [0, 1], sums of octaves that each image weighs in its own way.

    White noise would not do: its means over receptive fields hardly vary, a BatchNorm calibrated on
    it multiplies them up, and a photograph then drives the last layers to a hundred times the
    range that they were calibrated to. Images from smooth to rough cover what a network may meet.
    """
    images = torch.zeros(NOISE_IMAGES, channels, *size, dtype=torch.float64)
    power = torch.zeros(NOISE_IMAGES, 1, 1, 1, dtype=torch.float64)
    cells = 1
    while cells <= max(size):
        grid = tuple(min(cells, side) for side in size)
        drawn = torch.rand((NOISE_IMAGES, channels, *grid), generator=generator, dtype=power.dtype)
        # The third power lets a few octaves stand out in each image.
        weight = torch.rand(power.shape, generator=generator, dtype=power.dtype) ** 3
        images += weight * (nn.functional.interpolate(drawn, size, mode="bilinear") - 0.5)
        power += weight**2
        cells *= 2
    return (images / power.sqrt() + 0.5).clamp_(0, 1)


class NoiseImages(ImageSet):
    """Images of `noise`, always the same."""

    name = "noise"

    def __len__(self) -> int:
        return _IMAGES

    def _read(self, number: int) -> Tensor:
        return self._pixels[number : number + 1].clone()

    @cached_property
    def _pixels(self) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        channels = self.preprocessing.channels
        parts = [noise(channels, self.size, generator) for _ in range(_IMAGES // NOISE_IMAGES)]
        return torch.cat(parts).float()


SET = NoiseImages
