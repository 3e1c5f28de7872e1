"""Every number of a layer against PyTorch's own module of the same kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from vizkit.arithmetic import (
    AdaptivePooling,
    Convolution,
    FullyConnected,
    Layer,
    Pooling,
    TransposedConvolution,
    Volume,
)
from vizkit.errors import UsageError

volumes = st.builds(Volume, st.integers(1, 14), st.integers(1, 14), st.sampled_from([2, 4, 6]))
kernels = st.tuples(st.integers(1, 5), st.integers(1, 5))
steps = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.tuples(st.integers(0, 3), st.integers(0, 3))
depths = st.sampled_from([2, 4, 6])
ends = st.tuples(st.integers(0, 3), st.integers(0, 3))
thorough = settings(max_examples=200, deadline=None)


def ones(volume: Volume) -> Tensor:
    shape = 1, volume.depth, volume.height, volume.width
    return torch.ones(shape, dtype=torch.float64, requires_grad=True)


def connect(module: nn.Module) -> nn.Module:
    """`module` with weights of 1 and no bias: it counts the inputs that an output reads."""
    for name, parameter in module.named_parameters():
        nn.init.constant_(parameter, 0.0 if name.endswith("bias") else 1.0)
    return module.double()


def unseen(x: Tensor, output: Tensor) -> list[list[int]]:
    """Rows, then columns, of `x` that `output` does not depend on."""
    (gradient,) = torch.autograd.grad(output.sum(), x)
    return [
        [i for i, seen in enumerate((gradient != 0).any(dim).any(0).any(0)) if not seen]
        for dim in (3, 2)
    ]


def trailing(missing: list[int], size: int) -> int:
    count = 0
    while size - 1 - count in missing:
        count += 1
    return count


def agree(layer: Layer, module: nn.Module) -> None:
    """Assert that sizes, parameters, multiply-adds and connections are the module's."""
    x = ones(layer.input)
    with FlopCounterMode(display=False) as flops:
        output = connect(module)(x)
    assert layer.output == Volume(output.shape[2], output.shape[3], output.shape[1])
    assert layer.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert 2 * layer.multiply_adds == flops.get_total_flops()
    assert layer.connections == int(output.sum())
    check_formulas(layer)
    assert str(layer).startswith(f"{layer.operation}\n{layer.input} -> {layer.output}\n\n")
    if layer.connections:  # otherwise nothing is seen, whichever axis is to blame
        rows, columns = unseen(x, output)
        height, width = layer.input.height, layer.input.width
        assert layer.unused == (trailing(rows, height), trailing(columns, width))


def check_formulas(layer: Layer) -> None:
    """Assert that what a formula says is what it says it gives."""
    for formula in layer.formulas.values():
        value = eval(formula.numbers)  # the numbers put in are an expression of Python, too
        if formula.rounded:
            assert formula.rounded.startswith(f"{value:.3f}".rstrip("0"))
            assert abs(value - formula.value) <= 1
        else:
            assert value == formula.value


@thorough
@given(volumes, depths, kernels, steps, paddings, steps, st.sampled_from([1, 2]), st.booleans())
def test_convolutions(
    volume: Volume,
    filters: int,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    bias: bool,
) -> None:
    ours = Convolution(filters, kernel, stride, padding, dilation, groups, bias)
    module = nn.Conv2d(volume.depth, filters, kernel, stride, padding, dilation, groups, bias)
    try:
        connect(module)(ones(volume))
    except RuntimeError:
        with pytest.raises(UsageError, match=r"is larger than the input: \d+ (row|column)"):
            ours.on(volume)
    else:
        layer = ours.on(volume)
        agree(layer, module)
        if layer.connections:
            x = ones(volume)
            for axis, gone in zip(ours.windows(volume), unseen(x, module(x)), strict=True):
                assert axis.unused + axis.skipped == len(gone)


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel:UserWarning")
@thorough
@given(volumes, kernels, steps)
def test_same_padding(volume: Volume, kernel: Any, dilation: Any) -> None:
    layer = Convolution(2, kernel, padding="same", dilation=dilation).on(volume)
    agree(layer, nn.Conv2d(volume.depth, 2, kernel, padding="same", dilation=dilation))
    assert (layer.output.height, layer.output.width) == (volume.height, volume.width)


@thorough
@given(volumes, kernels, steps, ends, ends)
def test_unequal_padding(volume: Volume, kernel: Any, stride: Any, rows: Any, columns: Any) -> None:
    module = nn.Sequential(
        nn.ZeroPad2d((*columns, *rows)), nn.Conv2d(volume.depth, 4, kernel, stride)
    )
    ours = Convolution(4, kernel, stride, (rows, columns))
    try:
        connect(module)(ones(volume))
    except RuntimeError:
        with pytest.raises(UsageError, match="Pad by at least"):
            ours.on(volume)
    else:
        agree(ours.on(volume), module)


@thorough
@given(volumes, depths, kernels, steps, paddings, steps, paddings, st.sampled_from([1, 2]))
def test_transposed_convolutions(
    volume: Volume,
    filters: int,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    extra: Any,
    groups: int,
) -> None:
    ours = TransposedConvolution(filters, kernel, stride, padding, dilation, extra, groups)
    module = nn.ConvTranspose2d(
        volume.depth, filters, kernel, stride, padding, extra, groups, dilation=dilation
    )
    try:
        connect(module)(ones(volume))
    except RuntimeError:
        with pytest.raises(UsageError, match=r"cuts the output away|is too large for stride"):
            ours.on(volume)
    else:
        agree(ours.on(volume), module)


@thorough
@given(volumes, kernels, steps, paddings, st.booleans())
def test_pooling(volume: Volume, kernel: Any, stride: Any, padding: Any, ceil: bool) -> None:
    ours = Pooling(kernel, stride, padding, ceil=ceil)

    class SumPool(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.avg_pool2d(x, kernel, stride, padding, ceil, divisor_override=1)

    try:
        SumPool()(ones(volume))
    except RuntimeError:
        with pytest.raises(UsageError, match=r"is larger than the input|is more than half"):
            ours.on(volume)
    else:
        agree(ours.on(volume), SumPool())


@thorough
@given(volumes, kernels, steps, paddings, steps, st.booleans())
def test_dilated_pooling(
    volume: Volume, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> None:
    ours = Pooling(kernel, stride, padding, dilation, ceil)
    try:
        shape = F.max_pool2d(ones(volume), kernel, stride, padding, dilation, ceil).shape
    except RuntimeError:
        with pytest.raises(UsageError, match=r"is larger than the input|is more than half"):
            ours.on(volume)
    else:
        output = ours.on(volume).output
        assert shape[2:] == (output.height, output.width)


@settings(max_examples=60, deadline=None)
@given(volumes, kernels)
def test_adaptive_pooling(volume: Volume, output: Any) -> None:
    layer = AdaptivePooling(output).on(volume)
    x = ones(volume)
    jacobian = torch.autograd.functional.jacobian(lambda x: F.adaptive_avg_pool2d(x, output), x)
    assert layer.connections == int((jacobian != 0).sum())
    assert (layer.output.height, layer.output.width) == output
    assert (layer.parameters, layer.multiply_adds, layer.unused) == (0, 0, (0, 0))


@settings(max_examples=60, deadline=None)
@given(volumes, st.integers(1, 20), st.booleans())
def test_fully_connected(volume: Volume, units: int, bias: bool) -> None:
    layer = FullyConnected(units, bias).on(volume)
    linear = nn.Linear(volume.activations, units, bias)
    module = nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, (units, 1, 1)))
    agree(layer, module)
    assert layer.connections == layer.dense_connections
