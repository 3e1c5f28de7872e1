"""A strided convolution of an image as one without a stride, of pixels that are stacked up.

With three input channels, a processor's matrix unit has next to nothing to do; the gradient in the
image of a 7 x 7 convolution of stride 2 then takes as long as the rest of a shallow network. With
each 2 x 2 square of pixels as twelve channels, 4 x 4 weights do the same three times faster.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from vizkit.rendering.batchnorm_folding import is_plain

_FEW = 4
"""Input channels up to which it pays."""


def stack_strides(module: nn.Module) -> None:
    """Let the strided convolutions of few channels in `module` compute in this way, in place.

    Outputs stay the same but for rounding, and follow whatever weights a convolution has. Those
    that do not do what their class says are left alone.
    """
    for child in module.modules():
        if isinstance(child, nn.Conv2d) and is_plain(child) and _pays(child):
            child.forward = _Stacked(child)  # type: ignore[assignment, method-assign]


def _pays(convolution: nn.Conv2d) -> bool:
    rows, columns = convolution.stride
    return (
        rows == columns > 1
        and convolution.in_channels <= _FEW
        and convolution.groups == 1
        and convolution.dilation == (1, 1)
        and convolution.padding_mode == "zeros"
        and not isinstance(convolution.padding, str)
        and min(convolution.kernel_size) > rows
    )


class _Stacked:
    """Forward method of a convolution."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        self._convolution = convolution

    def __call__(self, images: Tensor) -> Tensor:
        own, stride = self._convolution, self._convolution.stride[0]
        kernel = [math.ceil(side / stride) * stride for side in own.kernel_size]
        borders: list[int] = []  # of the last axis first
        for axis in (1, 0):
            size, padding = images.shape[axis - 2], int(own.padding[axis])
            steps = (size + 2 * padding - own.kernel_size[axis]) // stride
            # Where the last place of the wider kernel ends; what lies behind is cut off.
            borders += [padding, steps * stride + kernel[axis] - size - padding]
        more = [kernel[axis] - own.kernel_size[axis] for axis in (1, 0)]
        weight = F.pad(own.weight, (0, more[0], 0, more[1]))
        return F.conv2d(_stack(F.pad(images, borders), stride), _stack(weight, stride), own.bias)


def _stack(images: Tensor, side: int) -> Tensor:
    """Squares of pixels as channels: B C H W to B (side * side * C) H/side W/side."""
    batch, channels, height, width = images.shape
    rows, columns = height // side, width // side
    squares = images.permute(0, 2, 3, 1).reshape(batch, rows, side, columns, side, channels)
    stacked = squares.transpose(2, 3).reshape(batch, rows, columns, side * side * channels)
    return stacked.permute(0, 3, 1, 2)
