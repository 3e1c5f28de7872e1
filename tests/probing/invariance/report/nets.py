"""Networks whose report is known beforehand."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import vizkit
from tests.nets import seeded


def loaded(module: nn.Module, size: int = 32, channels: int = 1, mean: float = 0.5):
    """`module` as a network, its input zero at `mean`."""
    preprocessing = vizkit.Preprocessing(
        mean=(mean,) * channels, std=(0.25,) * channels, input_size=(size, size)
    )
    return vizkit.load(module.eval(), preprocessing=preprocessing, name="planted")


def chain(*, bias: bool, activation: type[nn.Module] = nn.ReLU) -> nn.Module:
    """Two convolutions with a pool between them, and a linear layer of 4 outputs."""
    return seeded(
        nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1, bias=bias),
            activation(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, bias=bias),
            activation(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 4, bias=bias),
        )
    )


def filters(weights: Tensor) -> nn.Module:
    """One convolution with `weights`, units x height x width, and a ReLU."""
    convolution = nn.Conv2d(1, len(weights), weights.shape[1], bias=False)
    with torch.no_grad():
        convolution.weight.copy_(weights[:, None])
    return nn.Sequential(convolution, nn.ReLU())


def gabors(count: int, side: int = 15, *, oriented: bool = True) -> Tensor:
    """Gabor filters of `count` orientations, or as many rings without any."""
    axis = torch.arange(side, dtype=torch.float64) - (side - 1) / 2
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    window = torch.exp(-(x**2 + y**2) / (2 * (side / 5) ** 2))
    found = []
    for number in range(count):
        angle = math.pi * number / count
        across = y * math.cos(angle) - x * math.sin(angle)
        place = across if oriented else torch.hypot(x, y)
        wave = window * torch.cos(2 * math.pi * 4 * place / side + number)
        found.append(wave - window * wave.sum() / window.sum())
    return torch.stack(found).float()
