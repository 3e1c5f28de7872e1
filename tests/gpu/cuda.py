"""The device that these tests are about, and the mark that every file of them carries."""

from __future__ import annotations

import pytest
import torch

import vizkit
from vizkit import Network, Recipe

DEVICE = "cuda"
ON_CUDA = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]

QUICK = Recipe(steps=6, wake_steps=2, rescues=0, dtype="float32")


def both(source: str) -> tuple[Network, Network]:
    """The network on the device and on the CPU."""
    return vizkit.load(source, device=DEVICE), vizkit.load(source)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))
