"""Networks whose equivariance is known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.nets import seeded


class BlurPool(nn.Module):
    """Maximum at every place, then a binomial filter, then every other place (Zhang 2019)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("filter", (row[:, None] * row).expand(channels, 1, 3, 3).clone())

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(x, 2, 1)
        return functional.conv2d(x, self.filter.to(x), stride=2, padding=1, groups=x.shape[1])


class AdaptivePolyphase(nn.Module):
    """Of the four grids of every other place, the one with the largest norm (Chaman 2021)."""

    def forward(self, x: Tensor) -> Tensor:
        grids = torch.stack([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)
        best = grids.square().sum((2, 3, 4)).argmax(1)
        return grids[torch.arange(len(x)), best]


def classifier(pool: Callable[[int], nn.Module], *, circular: bool) -> nn.Module:
    """Three blocks of a convolution, ReLU and `pool`, then the mean: 10 classes, float64."""
    mode = "circular" if circular else "zeros"
    widths = (1, 6, 8, 10)
    blocks = [
        part
        for inputs, outputs in pairwise(widths)
        for part in (
            nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode=mode),
            nn.ReLU(),
            pool(outputs),
        )
    ]
    network = seeded(
        nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(10, 10)), 4
    )
    return network.double()


def symmetric(filters: Tensor) -> Tensor:
    """Filters averaged over quarter turns and reflections; whole numbers stay so."""
    turned = [torch.rot90(filters, k, (2, 3)) for k in range(4)]
    return sum(turned) + sum(each.flip(3) for each in turned)
