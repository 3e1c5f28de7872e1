"""Filter banks with planted families, as networks of one convolution."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import vizkit
from vizkit.images.preprocessing import Preprocessing


def network(filters: Tensor, bias: Tensor | None = None, order: tuple[int, ...] = ()):
    """Convolution with `filters`, N C k k, then a ReLU; its layer is called ``"0"``."""
    count, channels, size, _ = filters.shape
    conv = nn.Conv2d(channels, count, size, padding=size // 2)
    with torch.no_grad():
        conv.weight.copy_(filters)
        conv.bias.copy_(torch.zeros(count) if bias is None else bias)
    own = Preprocessing((0.5,) * channels, (0.25,) * channels, (64, 64), order=order)
    return vizkit.load(nn.Sequential(conv, nn.ReLU()), preprocessing=own, name="bank")


def pattern(size: int, degrees: float = 0.0, scale: float = 1.0) -> Tensor:
    """A curved edge drawn anew at an angle, counter-clockwise: no interpolation; k k.

    It has no symmetry, neither of turns nor of reflections.
    """
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    up, right = torch.meshgrid(-place, place, indexing="ij")
    angle = math.radians(degrees)
    x = (math.cos(angle) * right + math.sin(angle) * up) / scale
    y = (-math.sin(angle) * right + math.cos(angle) * up) / scale
    envelope = torch.exp(-(x**2 + y**2) / 4.5)
    return (envelope * (torch.sin(1.3 * y + 0.2 * x**2) + 0.5 * torch.cos(1.2 * x - 0.5))).float()


def gray(filters: Tensor) -> Tensor:
    """Filters, N k k, that see red, green and blue alike."""
    return filters[:, None].expand(-1, 3, -1, -1).contiguous()


def unrelated(count: int, size: int, seed: int, channels: int = 3) -> Tensor:
    """Filters with nothing in common."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, channels, size, size, generator=generator) * 0.3
