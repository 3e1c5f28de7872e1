"""A unit as the output of a network: one number for each image."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from vizkit.images.preprocessing import Preprocessing
from vizkit.tracing.forward import first_tensor
from vizkit.unit import Direction, Unit

Reduce = Literal["mean", "max"]


class _Reached(BaseException):
    """Ends a forward pass; no Exception, so that no network catches it."""


class Target(nn.Module):
    """From images, B C H W in [0, 1], to the response of a unit, B.

    Parameters
    ----------
    module : a frozen copy of the network, which is changed: the output of `layer` ends its pass.
    layer : in `module`, what the unit is in; None where `module` returns just that.
    """

    def __init__(
        self,
        module: nn.Module,
        layer: nn.Module | None,
        preprocessing: Preprocessing,
        unit: Unit | Direction,
        response: Reduce,
    ) -> None:
        super().__init__()
        self.network = module
        self._preprocessing, self._unit, self._response = preprocessing, unit, response
        self._seen: Tensor | None = None
        if layer is not None:
            layer.register_forward_hook(self._keep)

    def forward(self, images: Tensor) -> Tensor:
        """Responses, B."""
        self._seen = None
        try:
            output = first_tensor(self.network(self._preprocessing(images)))
        except _Reached:
            output = self._seen
        self._seen = None
        assert output is not None  # layers return tensors
        if isinstance(self._unit, Direction):
            vector = torch.tensor(self._unit.vector, dtype=output.dtype, device=output.device)
            read: Tensor = torch.tensordot(output, vector, ([1], [0]))
        else:
            read = output[:, self._unit.channel]
        if self._unit.position is not None:
            y, x = self._unit.position
            read = read[:, y, x]
        if read.ndim == 1:
            return read
        flat = read.flatten(1)
        return flat.mean(1) if self._response == "mean" else flat.amax(1)

    def _keep(self, module: nn.Module, args: Any, output: Any) -> None:  # noqa: ARG002
        self._seen = first_tensor(output)
        raise _Reached
