"""Images for tests of transforms."""

from __future__ import annotations

import torch
from torch import Tensor


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Uniform white noise in [0, 1]."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def waves(height: int, width: int, down: float, right: float, *, phase: float = 0.0) -> Tensor:
    """A sinusoid of `down` and `right` cycles per image, 1 1 H W in float64, in [0.1, 0.9]."""
    y = torch.arange(height, dtype=torch.float64)[:, None] / height
    x = torch.arange(width, dtype=torch.float64)[None] / width
    return (0.5 + 0.4 * torch.cos(2 * torch.pi * (down * y + right * x) + phase))[None, None]


def dot(height: int, width: int, y: int, x: int) -> Tensor:
    """White at one pixel of black, 1 1 H W."""
    image = torch.zeros(1, 1, height, width)
    image[0, 0, y, x] = 1
    return image
