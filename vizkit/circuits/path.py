"""The way from one layer to another in a linearized network, and its derivatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.activations.hooks import capture
from vizkit.circuits.linearized import Linearized
from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.layers.order import check_order
from vizkit.networks.network import Network
from vizkit.tracing.forward import with_first


class Path:
    """From values of the layer `start`, B C H W or B C, to the output of `end` before its ReLU.

    Values of a layer are those after its ReLU, as everywhere; those of the input are images in
    [0, 1].

    Parameters
    ----------
    start : None for the input.
    end : comes after it.

    Raises
    ------
    UsageError : it does not.
    """

    def __init__(self, network: Network, start: LayerInfo | None, end: LayerInfo) -> None:
        if start is not None:
            check_order(network.layers, start, end)
        self.network, self.start, self.end = network, start, end
        like = next(network.module.parameters(), torch.empty(0))
        self.black = like.new_zeros(1, network.input_channels, *network.input_size)
        self.nothing = self.black if start is None else like.new_zeros(1, *start.shape)

    @property
    def start_name(self) -> str:
        """Name of the layer where it begins."""
        return "input" if self.start is None else self.start.public_name

    def output(self, values: Tensor, image: Tensor | None = None) -> tuple[Tensor, Linearized]:
        """Output of `end`, B x ..., and what was replaced on the way to it.

        Parameters
        ----------
        image : 1 C H W, what the network sees meanwhile; black by default. It matters only where
            something goes around `start`.

        Raises
        ------
        UsageError : a maximum pooling on the way is dilated or gives indices.
        """
        linear = Linearized()
        hooked: AbstractContextManager[None] = nullcontext()
        if self.start is None:
            image = values
        else:
            image = (self.black if image is None else image).expand(len(values), -1, -1, -1)
            hooked = _replaced(self.network.module, self.start, values, linear)
        shown = self.network.preprocessing(image)
        with capture(self.network, self.end.name) as acts, hooked, linear:
            self.network.module(shown)
        return acts[self.end.name], linear


class Pass:
    """One pass along a path, which can be differentiated.

    Parameters
    ----------
    noise : it begins with random numbers, and with a random image around; else with nothing.
    """

    def __init__(self, path: Path, *, noise: bool) -> None:
        self._path = path
        self._values, self._image = path.nothing.clone(), path.black.clone()
        if noise:
            generator = torch.Generator().manual_seed(0)
            for drawn in (self._values, self._image):
                drawn.copy_(torch.rand(drawn.shape, generator=generator))
        self._leaves = [self._values.requires_grad_(), self._image.requires_grad_()]
        with torch.enable_grad():
            self.output, linear = path.output(*self._leaves)
        self._gates = linear.gates

    def weights(self, response: Tensor, name: str) -> tuple[Tensor, bool, dict[str, int]]:
        """Gradient of a number made of the output by the values, C H W; what is beside the path.

        Parameters
        ----------
        name : of the number, for the message.

        Returns
        -------
        Whether the image counts too, around `start`; what was removed on the way, with numbers.

        Raises
        ------
        UsageError : `response` does not depend on the values.
        """
        gates = [gate for _, gate in self._gates]
        weights, around, *parts = torch.autograd.grad(
            response, [*self._leaves, *gates], retain_graph=True, allow_unused=True
        )
        if weights is None:
            raise UsageError(
                f"{name} does not depend on {self._path.start_name}.\n"
                "  Name another layer: to='LAYER'."
            )
        removed = Counter(
            gate
            for (gate, _), part in zip(self._gates, parts, strict=True)
            if part is not None and part != 0
        )
        shaped = weights[0] if weights.ndim == 4 else weights[0][:, None, None]
        beside = self._path.start is not None and around is not None and bool(around.any())
        return shaped, beside, dict(removed)


def check_equal(one: Tensor, other: Tensor, name: str, start: str) -> None:
    """Raise a `UsageError` where weights depend on the values that they were found at.

    Rounding explains a thousandth.
    """
    if (one - other).norm() > 1e-3 * other.norm():
        raise UsageError(
            f"{name} has no weights over {start}: something in between multiplies or divides "
            "values of the image by each other (attention, squeeze-and-excitation, response "
            "normalization).\n  Name a nearer layer: to='LAYER'."
        )


@contextmanager
def _replaced(
    module: nn.Module, layer: LayerInfo, values: Tensor, linear: Linearized
) -> Iterator[None]:
    """Context in which the first call of `layer` returns `values`, with which the way begins."""
    calls = count()

    def replace(module: nn.Module, args: Any, output: Any) -> Any:  # noqa: ARG001
        if next(calls):
            return None
        own = values.clone()  # what follows may write into it
        linear.begin(own, rectified=layer.activation is not None)
        return with_first(output, own)

    hook = module.get_submodule(layer.name).register_forward_hook(replace)
    try:
        yield
    finally:
        hook.remove()
