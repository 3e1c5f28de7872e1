"""The module for a layer has its size, and its parameters."""

from __future__ import annotations

import pytest
import torch

from computations.in_pytorch import pytorch_module
from vizkit.arithmetic import (
    AdaptivePooling,
    Convolution,
    FullyConnected,
    Pooling,
    ReLU,
    TransposedConvolution,
    Volume,
)
from vizkit.errors import UsageError

OPERATIONS = [
    Convolution(6, 5),
    Convolution(4, (1, 3), stride=(2, 1), padding=((0, 0), (2, 1)), dilation=2, bias=False),
    Convolution(8, 3, padding="same", groups=4),
    Pooling(3, 2),
    Pooling(2, padding=1, ceil=True),
    AdaptivePooling((3, 2)),
    FullyConnected(10),
    FullyConnected(7, bias=False),
    TransposedConvolution(6, 4, stride=2, padding=1, output_padding=1, groups=2),
    ReLU(),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_sizes_and_parameters(operation):
    layer = operation.on("11x13x4")
    module = pytorch_module(layer)
    with torch.no_grad():
        maps = module(torch.rand(2, 4, 11, 13))
    assert Volume(*maps.shape[2:], maps.shape[1]) == layer.output
    assert sum(each.numel() for each in module.parameters()) == layer.parameters


def test_pooling_that_pytorch_cannot_pad():
    with pytest.raises(UsageError, match="alike at both ends"):
        pytorch_module(Pooling(3, padding=((0, 1), (0, 1))).on("8x8x3"))
