"""A network without its nonlinear operations: what is left of it are weights."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor, ones
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from vizkit.errors import UsageError

_POINTWISE = {
    *("relu", "relu6", "leaky_relu", "rrelu", "prelu", "hardtanh", "threshold", "clamp"),
    *("clamp_min", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "softplus"),
    *("softsign", "tanh", "tanhshrink", "softshrink", "hardshrink", "logsigmoid"),
    *("sigmoid", "hardsigmoid"),
}
"""Activation functions, by their names in torch, with or without the underscore of in-place."""
_WINDOW = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_ADAPTIVE = ("output_size", "return_indices")
"""Arguments of maximum pooling, in order."""


class Linearized(TorchFunctionMode):
    """Context in which activation functions pass values on and maximum pooling takes the mean.

    A gradient in it is a product of weights alone, however many layers it goes through: the
    expanded weights of Voss et al., "Visualizing Weights" (Distill 2021). What is no sum of
    weighted values even then (attention, squeeze-and-excitation) stays as it is.

    Attributes
    ----------
    gates : for each operation that was replaced, its name and the number 1, by which its values
        were multiplied: what does not depend on that number does not depend on the operation.

    Examples
    --------
    >>> import torch
    >>> with Linearized() as linear:
    ...     torch.relu(torch.tensor([-1.0, 2.0])).tolist()
    [-1.0, 2.0]
    >>> [name for name, _ in linear.gates]
    ['relu']
    """

    def __init__(self) -> None:
        super().__init__()
        self.gates: list[tuple[str, Tensor]] = []
        self._rectified: Tensor | None = None

    def begin(self, values: Tensor, *, rectified: bool) -> None:
        """Forget what was replaced so far: the way that counts begins with `values`.

        Parameters
        ----------
        rectified : `values` are those behind the ReLU that comes next, which is no part of the way.
        """
        self.gates.clear()
        self._rectified = values if rectified else None

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").removesuffix("_")
        if name in _POINTWISE:
            values = args[0] if args else kwargs["input"]
            if values.is_floating_point():  # whole numbers are places, not values
                return values if values is self._rectified else self._gated(name, values)
        if name.startswith(("max_pool", "adaptive_max_pool")):
            return self._gated(name, _mean_pool(name, *args, **kwargs))
        return func(*args, **kwargs)

    def _gated(self, name: str, values: Tensor) -> Tensor:
        gate = ones((), dtype=values.dtype, device=values.device, requires_grad=True)
        self.gates.append((name, gate))
        return values * gate


def _mean_pool(name: str, values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Means over the windows of a maximum pooling; padding is no value, as it is none for those."""
    names = _ADAPTIVE if name.startswith("adaptive") else _WINDOW
    asked = dict(zip(names, args, strict=False)) | kwargs
    dilation = asked.pop("dilation", 1)
    dilated = dilation != 1 if isinstance(dilation, int) else any(step != 1 for step in dilation)
    if asked.pop("return_indices", False) or dilated:
        raise UsageError(
            "there are no weights across a maximum pooling that is dilated or gives indices.\n"
            "  Name a layer behind it as the beginning."
        )
    axes = name.partition("pool")[2][0]
    if names is _ADAPTIVE:
        pool = getattr(functional, f"adaptive_avg_pool{axes}d")
    else:
        pool = partial(getattr(functional, f"avg_pool{axes}d"), count_include_pad=False)
    mean: Tensor = pool(values, **asked)
    return mean
