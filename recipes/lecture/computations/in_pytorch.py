"""PyTorch's module for a layer of the arithmetic, to compute the same with real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.arithmetic import (
    AdaptivePooling,
    Convolution,
    FullyConnected,
    Layer,
    Pooling,
    ReLU,
    TransposedConvolution,
)
from vizkit.errors import UsageError

if TYPE_CHECKING:
    from torch import nn


def pytorch_module(layer: Layer) -> nn.Module:
    """Module that does what `layer` does, with random weights; pooling takes the maximum.

    Parameters
    ----------
    layer : of `vizkit.arithmetic`; the module takes batches of its input, B C H W.

    Raises
    ------
    UsageError : a pooling that is padded more at one end than at the other.

    Examples
    --------
    >>> pytorch_module(Convolution(12, 3, padding=1).on("32x32x3"))
    Conv2d(3, 12, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """
    from torch import nn

    given, what = layer.input, layer.operation
    if isinstance(what, ReLU):
        return nn.ReLU()
    if isinstance(what, FullyConnected):
        dense = nn.Linear(given.activations, what.units, bias=what.bias)
        return nn.Sequential(nn.Flatten(), dense, nn.Unflatten(1, (what.units, 1, 1)))
    if isinstance(what, AdaptivePooling):
        return nn.AdaptiveMaxPool2d(what.output)
    if isinstance(what, TransposedConvolution):
        return nn.ConvTranspose2d(
            *(given.depth, what.filters, what.kernel, what.stride, what.padding),
            *(what.output_padding, what.groups, what.bias, what.dilation),
        )
    assert isinstance(what, Convolution | Pooling)
    rows, columns = what.windows(given)
    even = all(axis.before == axis.after for axis in (rows, columns))
    padding = rows.before, columns.before
    kernel, stride, dilation = what.pairs
    if isinstance(what, Pooling):
        if not even:
            raise UsageError("PyTorch pads a pooling alike at both ends.\n  Give one number.")
        return nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=what.ceil)
    sizes = given.depth, what.filters, kernel, stride
    if even:
        return nn.Conv2d(*sizes, padding, dilation, what.groups, what.bias)
    zeros = nn.ZeroPad2d((columns.before, columns.after, rows.before, rows.after))
    convolution = nn.Conv2d(*sizes, 0, dilation, what.groups, what.bias)
    return nn.Sequential(zeros, convolution)
