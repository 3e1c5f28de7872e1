"""Noise on pixels and on Fourier phases, drawn from a seed and the image itself.

An image gets the same noise whatever its neighbors, its place in the batch and the device, and a
sweep only makes that noise stronger.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.transforms.definition import Transform


@dataclass(frozen=True, kw_only=True)
class Noise(Transform):
    """Adds independent Gaussian noise of the value's standard deviation; clipped to [0, 1]."""

    name: str = "noise"
    unit: str = "of full range"
    values: tuple[float, ...] = (0.0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
    allowed: tuple[float, float] = (0.0, 10.0)
    seed: int = 0

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return (images + value * _drawn(images, images.shape[1], self.seed)).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Phase(Transform):
    """Adds noise to Fourier phases: 0 leaves them, 1 leaves nothing of them.

    The noise is uniform and the same for all channels; amplitudes, and with them the correlations
    between pixels, stay. The result is not clipped and may leave [0, 1].
    """

    name: str = "phase"
    unit: str = "of half a cycle"
    values: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    allowed: tuple[float, float] = (0.0, 1.0)
    seed: int = 0

    def _apply(self, images: Tensor, value: float) -> Tensor:
        if value == 0:
            return images.clone()
        size = images.shape[2:]
        waves = torch.fft.rfft2(_drawn(images, 1, self.seed))
        angles = waves.angle() * value
        # Waves that are their own mirror image are real, and must stay so.
        for y in {0, size[0] // 2} if size[0] % 2 == 0 else {0}:
            for x in {0, size[1] // 2} if size[1] % 2 == 0 else {0}:
                angles[:, :, y, x] = 0
        spectrum = torch.fft.rfft2(images) * torch.polar(torch.ones_like(angles), angles)
        scrambled: Tensor = torch.fft.irfft2(spectrum, size)
        return scrambled


NOISE = Noise()
PHASE = Phase()


def _drawn(images: Tensor, channels: int, seed: int) -> Tensor:
    """Standard normal noise for each image, B x `channels` x H x W."""
    drawn = [
        torch.randn(
            (channels, *image.shape[1:]),
            generator=torch.Generator().manual_seed(zlib.crc32(image.numpy().tobytes(), seed)),
            dtype=torch.float32,
            device="cpu",
        )
        for image in images.detach().float().cpu()
    ]
    return torch.stack(drawn).to(images)
