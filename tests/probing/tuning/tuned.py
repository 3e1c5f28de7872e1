"""Networks of filters with known tuning, for gray images of 33 x 33 pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

import vizkit
from vizkit import Network, Preprocessing

GRAY = Preprocessing(mean=(0.5,), std=(0.25,), input_size=(33, 33))
_SIDE = 21


def gratings(angles: Sequence[float], phase: float = 0.0, cycles: float = 4 / 33) -> Tensor:
    """Gabor filters, N 1 h w, whose stripes run along `angles`, counter-clockwise in degrees."""
    return torch.stack([_gabor(angle, phase, cycles) for angle in angles])


def edges(angles: Sequence[float]) -> Tensor:
    """Filters with a bright side: above at 0 degrees, turned counter-clockwise."""
    found = []
    for angle in angles:
        across, bell = _plane(angle)
        found.append((torch.tanh(across) * bell)[None])
    return torch.stack(found)


def _gabor(angle: float, phase: float, cycles: float) -> Tensor:
    across, bell = _plane(angle)
    wave = torch.cos(2 * math.pi * cycles * across - math.radians(phase)) * bell
    return (wave - bell * wave.sum() / bell.sum())[None]


def _plane(angle: float) -> tuple[Tensor, Tensor]:
    """Distance upwards from a line along `angle` through the middle, and a Gaussian window."""
    half = (_SIDE - 1) / 2
    line = torch.arange(_SIDE, dtype=torch.float32) - half
    up, right = -line[:, None], line[None, :]
    turn = math.radians(angle)
    across = up * math.cos(turn) - right * math.sin(turn)
    return across, torch.exp(-(up**2 + right**2) / (2 * 5.0**2))


def planted(filters: Tensor) -> Network:
    """One convolution and a ReLU; the unit at 6, 6 of 13 x 13 looks at the middle."""
    convolution = nn.Conv2d(1, len(filters), _SIDE, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(filters)
    module = nn.Sequential(convolution, nn.ReLU(inplace=True))
    return vizkit.load(module.eval(), preprocessing=GRAY, name="planted")


class _Energy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pair = nn.Conv2d(1, 2, _SIDE, bias=False)
        self.output = nn.Conv2d(1, 1, 1, bias=False)
        with torch.no_grad():
            self.pair.weight.copy_(torch.cat([gratings((0,)), gratings((0,), 90.0)]))
            self.output.weight.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.pair(x).square().sum(1, keepdim=True).sqrt())


def quadrature() -> Network:
    """A complex cell, ``output:0``: the length of two Gabors' responses a quarter wave apart."""
    return vizkit.load(_Energy().eval(), preprocessing=GRAY, name="complex")
