"""Networks with one cell whose invariances are known in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import vizkit
from vizkit import Network, Preprocessing

SIDE = 16
GRAY = Preprocessing(mean=(0.5,), std=(1.0,), input_size=(SIDE, SIDE))


def gabor(phase: float) -> Tensor:
    """Gabor patch of unit norm; those a quarter of a turn apart are orthogonal."""
    line = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    window = torch.exp(-(line[:, None] ** 2 + line[None] ** 2) / 18)
    waves = [window * torch.cos(2 * math.pi * line[None] / 6 - p) for p in (0, math.pi / 2)]
    even, odd = (each / each.norm() for each in waves)
    odd = odd - (odd * even).sum() * even
    even, odd = even, odd / odd.norm()
    return (math.cos(phase) * even + math.sin(phase) * odd).float()


class Cell(nn.Module):
    """Linear filters as large as the image, then a sum of squares or the only filter itself."""

    def __init__(self, filters: list[Tensor], power: int) -> None:
        super().__init__()
        self.filters = nn.Conv2d(1, len(filters), SIDE, bias=False)
        self.cell = _Pooled(power)
        with torch.no_grad():
            self.filters.weight.copy_(torch.stack(filters)[:, None])

    def forward(self, images: Tensor) -> Tensor:
        return self.cell(self.filters(images))


class _Pooled(nn.Module):
    def __init__(self, power: int) -> None:
        super().__init__()
        self.power = power

    def forward(self, maps: Tensor) -> Tensor:
        return (maps**self.power).sum(1, keepdim=True)


def complex_cell() -> Network:
    """(g1 x)^2 + (g2 x)^2 for a pair of Gabor patches in quadrature."""
    cell = Cell([gabor(0), gabor(math.pi / 2)], 2)
    return vizkit.load(cell.eval(), preprocessing=GRAY, name="complex")


def linear_cell() -> Network:
    """g1 x."""
    return vizkit.load(Cell([gabor(0)], 1).eval(), preprocessing=GRAY, name="linear")
