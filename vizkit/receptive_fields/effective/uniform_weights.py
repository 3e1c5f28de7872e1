"""A network as a chain of averages: all weights equal, average pooling, no nonlinearity.

The network itself is left alone: while the mode is on, torch's functions do something else. So
branches, reused modules and functional operations take part as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_IDENTITIES = {
    *("relu", "relu_", "relu6", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "elu"),
    *("elu_", "selu", "celu", "prelu", "gelu", "silu", "mish", "hardswish", "hardswish_"),
    *("tanh", "tanh_", "sigmoid", "sigmoid_", "hardsigmoid", "softplus", "softsign", "clamp"),
    *("clamp_", "clamp_min", "clamp_min_", "softmax", "log_softmax", "dropout"),
    *("batch_norm", "layer_norm", "group_norm", "instance_norm", "local_response_norm"),
}
"""Functions whose first argument passes: they look at single positions, or scale all of them."""


class UniformWeights(TorchFunctionMode):
    """While on, convolutions and pooling average, linear layers too, and nonlinearities pass.

    Two maps that are multiplied, as a gate does, each pass their derivative; a factor that is a
    parameter counts as 1.

    Parameters
    ----------
    lossless : repeat the border in place of padding with zeros, which lets no weight leave the map.
    """

    def __init__(self, *, lossless: bool = False) -> None:
        super().__init__()
        self._padding = "replicate" if lossless else "constant"
        self._instead: dict[str, Callable[..., Any]] = {
            "conv2d": self._convolution,
            "conv_transpose2d": self._transposed,
            "max_pool2d": self._max_pool,
            "avg_pool2d": self._average_pool,
            "adaptive_max_pool2d": _adaptive,
            "linear": _linear,
            "pad": self._pad,
            "mul": _product,
            "mul_": _product,
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        kwargs = kwargs or {}
        if name in _IDENTITIES and args and isinstance(args[0], Tensor):
            return args[0]
        instead = self._instead.get(name)
        if instead is None or not (args and isinstance(args[0], Tensor)):
            return func(*args, **kwargs)
        replaced = instead(*args, **kwargs)
        return func(*args, **kwargs) if replaced is None else replaced

    def _convolution(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,  # noqa: ARG002
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        kernel, step = tuple(weight.shape[2:]), _pair(dilation)
        if isinstance(padding, str):
            reach = [
                d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, step, strict=True)
            ]
            edges = [(reads // 2, reads - reads // 2) for reads in reach]
        else:
            edges = [(around, around) for around in _pair(padding)]
        means = _group_means(x, groups)
        seen = _box_mean(self._padded(means, edges), kernel, _pair(stride), step)
        return seen.repeat_interleave(weight.shape[0] // groups, 1)

    def _transposed(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,  # noqa: ARG002
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Tensor:
        kernel, steps = tuple(weight.shape[2:]), _pair(stride)
        means = _group_means(x, groups)
        share = steps[0] * steps[1] / (kernel[0] * kernel[1])
        taps = means.new_full((groups, 1, *kernel), share)
        arguments = (None, stride, padding, output_padding, groups, dilation)
        return functional.conv_transpose2d(means, taps, *arguments).repeat_interleave(
            weight.shape[1], 1
        )

    def _max_pool(
        self,
        x: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,  # noqa: ARG002
    ) -> Tensor:
        kernel, around, step = _pair(kernel_size), _pair(padding), _pair(dilation)
        strides = _pair(stride) if stride else kernel
        with torch.no_grad():
            pooled = functional.max_pool2d(x[:1, :1], kernel, strides, around, step, ceil_mode)
        edges = []
        for axis in (0, 1):
            span = (pooled.shape[2 + axis] - 1) * strides[axis] + step[axis] * (kernel[axis] - 1)
            # A last window that hangs over the edge reads zeros there, as from any padding.
            edges.append((around[axis], span + 1 - x.shape[2 + axis] - around[axis]))
        return _box_mean(self._padded(x, edges), kernel, strides, step)

    def _average_pool(
        self,
        x: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,  # noqa: ARG002
        divisor_override: int | None = None,  # noqa: ARG002
    ) -> Tensor:
        return self._max_pool(x, kernel_size, stride, padding, 1, ceil_mode)

    def _pad(
        self, x: Tensor, pad: Any, mode: str = "constant", value: float | None = None
    ) -> Tensor | None:
        if mode != "constant" or value or x.ndim != 4 or len(pad) > 4:
            return None
        edges = [(0, 0) if len(pad) < 4 else (pad[2], pad[3]), (pad[0], pad[1])]
        return self._padded(x, edges)

    def _padded(self, x: Tensor, edges: list[tuple[int, int]]) -> Tensor:
        """Replicate what is added; cut what is negative."""
        (top, bottom), (left, right) = edges
        if min(top, bottom, left, right) < 0:
            x = functional.pad(x, [min(side, 0) for side in (left, right, top, bottom)])
            top, bottom, left, right = (max(side, 0) for side in (top, bottom, left, right))
        return functional.pad(x, [left, right, top, bottom], mode=self._padding)


def _group_means(x: Tensor, groups: int) -> Tensor:
    """Mean of each group of channels, B x groups x H x W."""
    return x.reshape(len(x), groups, -1, *x.shape[2:]).mean(2)


def _box_mean(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> Tensor:
    if dilation == (1, 1):
        return functional.avg_pool2d(x, kernel, stride)
    taps = x.new_full((1, 1, *kernel), 1 / (kernel[0] * kernel[1]))
    single = x.flatten(0, 1).unsqueeze(1)
    seen = functional.conv2d(single, taps, None, stride, 0, dilation)
    return seen.view(*x.shape[:2], *seen.shape[2:])


def _adaptive(x: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:  # noqa: ARG001
    return functional.adaptive_avg_pool2d(x, output_size)


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: ARG001
    return x.mean(-1, keepdim=True).repeat_interleave(weight.shape[0], -1)


def _product(x: Tensor, other: Any) -> Tensor | None:
    if isinstance(x, nn.Parameter) and isinstance(other, Tensor):
        return other
    return x if isinstance(other, nn.Parameter) else None


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    first, *rest = value
    return int(first), int(rest[0] if rest else first)
