from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

import vizkit
from tests.gpu.cuda import DEVICE
from vizkit import Network


@pytest.fixture
def exact() -> Iterator[None]:
    """Convolutions and products in float32 proper, where cards would round to TF32 (10 bits)."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.fixture(scope="package")
def googlenet() -> Network:
    return vizkit.load("googlenet@distilled", device=DEVICE)


@pytest.fixture(scope="package")
def vgg16() -> Network:
    return vizkit.load("vgg16@random", device=DEVICE)


@pytest.fixture(scope="package")
def lenet() -> Network:
    return vizkit.load("lenet5@digits", device=DEVICE)
