"""Spaces in which images are compared: pixels without their finest detail, or an earlier layer."""

from __future__ import annotations

from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.rendering.objectives.diversity import low_pass

PIXELS = "pixels"


class Space:
    """Where images are points: low-passed pixels, or the output of a layer before the unit's.

    Parameters
    ----------
    name : ``"pixels"``, or the layer.
    seen : H x W, 1 where the unit in question looks; what it cannot see is taken as gray, so that
        no difference there counts.
    """

    def __init__(self, network: Network, name: str, seen: Tensor) -> None:
        self.name = name
        self._network = network
        self._seen = seen

    def __call__(self, images: Tensor) -> Tensor:
        """Points of `images`, B x N; differentiable."""
        shown = GRAY + self._seen * (images - GRAY)
        if self.name == PIXELS:
            return low_pass(shown).flatten(1)
        with capture(self._network, [self.name], after_activation=True) as activations:
            self._network(shown)
            return activations[self.name].flatten(1)


def check_space(network: Network, name: str, layer: str) -> None:
    """Refuse a space that cannot be used for units of `layer`.

    Raises
    ------
    LayerNotFoundError : there is no such layer.
    UsageError : it does not come before the unit's layer.
    """
    if name == PIXELS:
        return
    order = [each.name for each in network.layers]
    if order.index(network.layer(name).name) >= order.index(network.layer(layer).name):
        raise UsageError(
            f"space={name!r} does not come before {layer!r}, the layer of the unit.\n"
            f"  Give 'pixels', or a layer before it, such as {order[0]!r}."
        )
