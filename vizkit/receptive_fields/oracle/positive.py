"""A network of the same structure in which no derivative is 0 or cancels another.

Real weights, ReLUs and max pooling let the gradient of a unit see only a part of its field. In
this copy weights are positive, in float64 and scaled such that deep networks neither overflow nor
underflow; max pooling averages over the same windows; and no activation is flat anywhere.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn import functional
from torch.overrides import TorchFunctionMode

# By name, without the "_" of the in-place form.
_PASSED_ON = frozenset(
    (
        *("relu", "relu6", "hardtanh", "hardswish", "silu", "gelu", "elu", "celu", "selu", "prelu"),
        *("leaky_relu", "rrelu", "mish", "softplus", "threshold", "hardshrink", "softshrink"),
        *("clamp", "clamp_min", "clamp_max", "clip", "round", "floor", "ceil", "trunc"),
        "nan_to_num",
    )
)
_SQUASHED = frozenset(
    ("sigmoid", "tanh", "hardsigmoid", "expit", "special_expit", "logsigmoid", "softsign")
)
_OF_TWO = frozenset(("maximum", "minimum", "fmax", "fmin"))
_OF_ONE_AXIS = frozenset(("amax", "amin"))
_MAX_POOL = frozenset(f"max_pool{n}d{form}" for n in (1, 2, 3) for form in ("", "_with_indices"))
_ADAPTIVE_MAX_POOL = {
    f"adaptive_max_pool{n}d{form}": getattr(functional, f"adaptive_avg_pool{n}d")
    for n in (1, 2, 3)
    for form in ("", "_with_indices")
}


def positive_copy(module: nn.Module) -> nn.Module:
    """Copy of `module` in float64 with positive random weights and neutral running statistics.

    The weights that make one output add up to 1, so that values keep their size over any depth.
    """
    twin = copy.deepcopy(module).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, buffer in twin.named_buffers():
            if name.rpartition(".")[2] == "running_mean":
                buffer.zero_()
            elif name.rpartition(".")[2] == "running_var":
                buffer.fill_(1)
        for parameter in twin.parameters():
            if not parameter.is_floating_point():
                continue
            drawn = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) + 0.5
            if drawn.ndim > 1:
                drawn /= drawn.flatten(1).sum(1).view(-1, *[1] * (drawn.ndim - 1))
            parameter.copy_(drawn)
    return twin


class NeverFlat(TorchFunctionMode):
    """Within it, what differentiates to 0 somewhere is replaced by what never does.

    Only tensors that carry a derivative are concerned, so that arithmetic on positions stays.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Call `func`, or what stands for it."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        plain = name if name.startswith("__") else name.removesuffix("_")
        x = args[0] if args else kwargs.get("input")
        if plain in _OF_TWO:
            other = args[1] if len(args) > 1 else kwargs["other"]
            either = _carries_derivative(x) or _carries_derivative(other)
            return x + other if either else func(*args, **kwargs)
        if not _carries_derivative(x):
            return func(*args, **kwargs)
        if plain in _PASSED_ON:
            return x
        if plain in _SQUASHED:
            squashed = x / (1 + x.abs())
            return x.copy_(squashed) if plain != name or kwargs.get("inplace") else squashed
        if plain in _OF_ONE_AXIS:
            dim = args[1] if len(args) > 1 else kwargs.get("dim", ())
            keepdim = args[2] if len(args) > 2 else kwargs.get("keepdim", False)
            return x.mean(dim=dim, keepdim=keepdim) if dim != () else x.mean()
        if plain in ("max", "min"):
            return _mean_for_max(func, args, kwargs)
        if plain in _MAX_POOL:
            return _with_values(func(*args, **kwargs), _mean_over_windows(func, args, kwargs))
        if plain in _ADAPTIVE_MAX_POOL:
            size = args[1] if len(args) > 1 else kwargs["output_size"]
            mean = _ADAPTIVE_MAX_POOL[plain](x, size)
            return _with_values(func(*args, **kwargs), mean)
        return func(*args, **kwargs)


def _carries_derivative(x: object) -> bool:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        return False
    return x.requires_grad or forward_ad.unpack_dual(x).tangent is not None  # type: ignore[no-untyped-call]


def _with_values(result: Any, values: Tensor) -> Any:
    """`result` with `values` for its own; pooling and reductions may give indices beside them."""
    return values if isinstance(result, Tensor) else (values, *result[1:])


def _mean_for_max(func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Mean or sum for ``torch.max`` and ``torch.min`` in their three forms."""
    x, *more = args
    other = more[0] if more else kwargs.get("other", kwargs.get("dim"))
    if other is None:
        return x.mean()
    if isinstance(other, Tensor):
        return x + other
    keepdim = more[1] if len(more) > 1 else kwargs.get("keepdim", False)
    result = func(*args, **kwargs)
    return type(result)((x.mean(dim=other, keepdim=keepdim), result.indices))


def _mean_over_windows(func: Callable[..., Any], args: Any, kwargs: Any) -> Tensor:
    """Mean over the windows of a max pooling, whatever its padding, dilation and ceil_mode."""
    names = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
    given = dict(zip(names, args, strict=False)) | kwargs
    x: Tensor = given["input"]
    result = func(*args, **kwargs)
    shape = (result if isinstance(result, Tensor) else result[0]).shape
    dims = next(n for n in (1, 2, 3) if f"pool{n}d" in func.__name__)
    kernel = _per_axis(given["kernel_size"], dims)
    stride = _per_axis(given.get("stride") or kernel, dims)
    padding = _per_axis(given.get("padding", 0), dims)
    dilation = _per_axis(given.get("dilation", 1), dims)
    ends = [
        (n - 1) * s + d * (k - 1) + 1
        for n, k, s, d in zip(shape[-dims:], kernel, stride, dilation, strict=True)
    ]
    around: list[int] = []
    for axis in reversed(range(dims)):
        before = padding[axis]
        around += [before, max(0, ends[axis] - x.shape[axis - dims] - before)]
    padded = functional.pad(x, around)
    taps: list[Tensor] = []
    for tap in itertools.product(*map(range, kernel)):
        read: list[Any] = [
            slice(d * i, d * i + (n - 1) * s + 1, s)
            for d, i, n, s in zip(dilation, tap, shape[-dims:], stride, strict=True)
        ]
        taps.append(padded[(..., *read)])
    return sum(taps[1:], taps[0]) / len(taps)


def _per_axis(value: Any, dims: int) -> tuple[int, ...]:
    if isinstance(value, int):
        return (value,) * dims
    values = tuple(int(each) for each in value)
    return values * dims if len(values) == 1 else values
