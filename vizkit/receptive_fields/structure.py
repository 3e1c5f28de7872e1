"""What the fields of a module follow from, read off it without running it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from torch import Tensor, nn


def structure(module: nn.Module) -> Hashable:
    """Parts, settings, hooks and shapes of `module`; it differs when one of them was changed.

    Two calls that give the same mean that the receptive fields are still the same. Weights do not
    matter to these, but constants that pick elements do; train flags are left to the caller.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3))
    >>> before = structure(net)
    >>> net[0].weight.data.zero_(), structure(net) == before  # doctest: +ELLIPSIS
    (tensor(...), True)
    >>> net[0].stride = 2, 2
    >>> structure(net) == before
    False
    """
    return tuple((name, *_part(part)) for name, part in module.named_modules())


def _part(part: nn.Module) -> tuple[Any, ...]:
    settings = tuple(
        (name, repr(value))
        for name, value in vars(part).items()
        if name != "training" and _is_plain(value)
    )
    tensors = tuple(
        (name, *_tensor(tensor))
        for name, tensor in (*part._parameters.items(), *part._buffers.items())
        if tensor is not None
    )
    # Torch never uses the number of a hook twice.
    hooks = (*part._forward_pre_hooks, *part._forward_hooks)
    return type(part), vars(part).get("forward"), settings, tensors, hooks


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, int | float | str)


def _tensor(tensor: Tensor) -> tuple[Hashable, ...]:
    if tensor.is_floating_point() or tensor.is_inference():
        return tuple(tensor.shape), tensor.dtype
    return tuple(tensor.shape), id(tensor), tensor._version
