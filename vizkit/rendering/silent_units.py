"""Waking silent units: a gradient through ReLUs that pass none.

A unit that is silent on the first image has no gradient, and its picture stays gray. For the images
of a batch in which a ReLU would pass no gradient at all, this ReLU passes it where the input is
highest: the position nearest to firing is pushed until it fires, and the true gradient takes over.
Lucid redirects over the whole map instead; for a unit that fires sparsely this leads to a flat gray
picture, where a negative response is least negative everywhere.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

_RELUS = {torch.relu, Tensor.relu, F.relu}
_RELUS_IN_PLACE = {torch.relu_, Tensor.relu_, F.relu_}
SHARP, WIDE = 20.0, 4.0
"""Inverse temperatures, per deviation of the map, of the weights over positions. The sharp one is
near the highest position alone. Of the sparse channels of VGG16 each wakes some that the other
leaves silent."""

_NEGLIGIBLE = 1e-6


class _Waking(torch.autograd.Function):
    """ReLU whose gradient, where an image would get none, goes to its highest positions."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, sharpness: float) -> Tensor:
        ctx.save_for_backward(inputs)
        ctx.sharpness = sharpness
        return inputs.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        (inputs,) = ctx.saved_tensors
        passed = gradient * (inputs > 0)
        axes = tuple(range(1, gradient.dim()))
        silent = (passed == 0).all(dim=axes, keepdim=True) if axes else passed == 0
        if inputs.device.type == "cpu" and not bool(silent.any()):
            return passed, None  # asking costs nothing here; a GPU would have to wait for it
        # Only where the gradient would raise the input; the loss is minimized.
        wished = gradient.clamp(max=0) * _nearness(inputs, ctx.sharpness)
        return torch.where(silent, wished, passed), None


def _nearness(inputs: Tensor, sharpness: float) -> Tensor:
    """Weights with mean 1 over positions, largest where a channel is nearest to firing."""
    if inputs.dim() != 4:
        return torch.ones_like(inputs)
    flat = inputs.flatten(2).float()
    deviation = flat.std(dim=2, keepdim=True, correction=0)
    weights = torch.softmax(sharpness * flat / (deviation + 1e-6), dim=2)
    # Exactly zero far from the maximum: denormal numbers make a CPU a hundred times slower.
    weights = torch.where(weights > _NEGLIGIBLE, weights, 0.0) * flat.shape[2]
    return weights.to(inputs.dtype).view_as(inputs)


def waking_relu(inputs: Tensor, sharpness: float = SHARP) -> Tensor:
    """ReLU of `inputs` with a gradient for silent images."""
    out: Tensor = _Waking.apply(inputs, sharpness)
    return out


class Waking(TorchFunctionMode):
    """While active, every ReLU of a forward pass is a `waking_relu` of this sharpness."""

    def __init__(self, sharpness: float = SHARP) -> None:
        super().__init__()
        self._sharpness = sharpness

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Replace a ReLU, pass on anything else."""
        kwargs = kwargs or {}
        if func not in _RELUS | _RELUS_IN_PLACE:
            return func(*args, **kwargs)
        inputs: Tensor = args[0] if args else kwargs["input"]
        in_place = func in _RELUS_IN_PLACE or kwargs.get("inplace", args[1:2] == (True,))
        if in_place:
            return inputs.copy_(waking_relu(inputs.clone(), self._sharpness))
        return waking_relu(inputs, self._sharpness)
