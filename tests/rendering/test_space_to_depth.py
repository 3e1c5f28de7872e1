"""Strided convolutions as they are computed, beside torch's own."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests import nets
from vizkit.rendering.batchnorm_folding import fold_batch_norm
from vizkit.rendering.space_to_depth import stack_strides


def with_gradient(module: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Output, and the gradient in the images of a sum that weights every output otherwise."""
    images = images.clone().requires_grad_()
    output = module(images)
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    (gradient,) = torch.autograd.grad((output * weights).sum(), images)
    return output, gradient


@given(
    channels=st.integers(1, 4),
    stride=st.integers(2, 4),
    more=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    padding=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    size=st.tuples(st.integers(12, 23), st.integers(12, 23)),
    bias=st.booleans(),
)
def test_the_same_in_any_geometry(
    channels: int,
    stride: int,
    more: tuple[int, int],
    padding: tuple[int, int],
    size: tuple[int, int],
    bias: bool,
) -> None:
    kernel = (stride + more[0], stride + more[1])
    own = nets.seeded(nn.Conv2d(channels, 3, kernel, stride, padding, bias=bias).double())
    stacked = copy.deepcopy(own)
    stack_strides(stacked)
    assert "forward" in vars(stacked)
    images = torch.rand(2, channels, *size, generator=torch.Generator().manual_seed(0)).double()
    for one, other in zip(with_gradient(stacked, images), with_gradient(own, images), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"in_channels": 8},
        {"stride": 1},
        {"stride": (2, 1)},
        {"dilation": 2},
        {"groups": 2, "in_channels": 2},
        {"padding_mode": "reflect", "padding": 1},
        {"padding": "valid"},
        {"kernel_size": 2},
    ],
)
def test_others_are_left_alone(options: dict[str, Any]) -> None:
    settings = {"in_channels": 3, "out_channels": 4, "kernel_size": 7, "stride": 2} | options
    module = nn.Conv2d(**settings)
    stack_strides(module)
    assert "forward" not in vars(module)


def test_it_follows_the_weights_that_folding_gives() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3), nn.BatchNorm2d(4)).double().eval()
    nets.seeded(module)
    module[1].running_var.fill_(0.2)
    images = nets.images().double()
    expected, shown = module(images), module[0](images)
    (pair,) = fold_batch_norm(module, images)
    stack_strides(module)
    torch.testing.assert_close(module(images), expected, rtol=1e-12, atol=1e-12)
    pair.unfold()
    torch.testing.assert_close(module[0](images), shown, rtol=1e-12, atol=1e-12)
