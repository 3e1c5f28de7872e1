"""A tiny teacher and student, and photographs that they can tell apart."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

import vizkit
from tests.nets import seeded
from vizkit.errors import WeightsNotFoundError

CLASSES = 7


class Tiny(nn.Module):
    """Convolution, normalization, stochastic depth, pooling, dropout and a linear layer."""

    def __init__(self, width: int, classes: int = CLASSES) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.depth = StochasticDepth(0.5, "row")
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.depth(self.norm(self.conv(x)))).mean((2, 3))
        return self.fc(self.drop(x))


def network(width: int = 6, seed: int = 0, classes: int = CLASSES) -> vizkit.Network:
    half = (0.5, 0.5, 0.5)
    return vizkit.load(
        seeded(Tiny(width, classes), seed).eval(),
        preprocessing=vizkit.Preprocessing(half, half, (24, 24)),
        name="tiny",
    )


def photos(count: int = 3) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(7)
    return {
        str(at): torch.rand(3, 40 + at, 56, generator=generator) ** (at + 1) for at in range(count)
    }


def imagenet_teacher() -> vizkit.Network:
    """The real one; skips where its weights cannot be had."""
    try:
        return vizkit.load("efficientnet_lite0@imagenet")
    except WeightsNotFoundError as error:
        pytest.skip(str(error))
