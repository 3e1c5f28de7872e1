"""Networks whose units are known by construction, and measures of how alike two pictures are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import vizkit
from vizkit import Network, Preprocessing

PLAIN = Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), input_size=(32, 32))
GRAY = Preprocessing(mean=(0.5,), std=(0.25,), input_size=(32, 32))


def wrap(module: nn.Module, preprocessing: Preprocessing = PLAIN) -> Network:
    """Network around a module, in eval mode."""
    return vizkit.load(module.eval(), preprocessing=preprocessing, name="planted")


def grating(size: int, cycles: float, degrees: float) -> Tensor:
    """Windowed cosine, size x size, whose stripes run across `degrees`, counter-clockwise."""
    line = torch.linspace(-0.5, 0.5, size)
    y, x = -line[:, None], line[None, :]
    angle = torch.deg2rad(torch.tensor(degrees))
    phase = 2 * torch.pi * cycles * (x * torch.cos(angle) + y * torch.sin(angle))
    window = torch.exp(-8 * (x**2 + y**2))
    wave = torch.cos(phase) * window
    return wave - wave.mean()


def planted(filters: Tensor, bias: float = 0.0) -> nn.Sequential:
    """One convolution with these filters, N C h w, and an in-place ReLU."""
    count, channels, height, width = filters.shape
    net = nn.Sequential(nn.Conv2d(channels, count, (height, width)), nn.ReLU(inplace=True))
    with torch.no_grad():
        net[0].weight.copy_(filters)
        net[0].bias.fill_(bias)
    return net


def correlation(one: Tensor, other: Tensor) -> float:
    """Pearson's correlation of all numbers."""
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]).double())[0, 1])
