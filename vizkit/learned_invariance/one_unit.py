"""One unit, as a function of the image that can be differentiated."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import RenderError
from vizkit.networks.network import Network
from vizkit.networks.units import Named, find_all, the_only
from vizkit.rendering.job import make_job
from vizkit.rendering.measure import rectified_layers
from vizkit.rendering.objectives.unit import UnitObjective
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.seen import Seen
from vizkit.unit import Unit


class UnitResponse:
    """Response of one unit on clean images, in float32, on the network as it was given.

    What is measured is what `vizkit.render` measures: after the ReLU where there is one, the
    spatial mean for a channel, the value itself for a neuron or logit.

    Parameters
    ----------
    canvas : (height, width) of the images in pixels.

    Raises
    ------
    UsageError, UnitNotFoundError : the network does not take images of this size, or has no such
        position for it.
    """

    def __init__(self, network: Network, unit: Unit, canvas: tuple[int, int]) -> None:
        make_job(network, [unit], canvas, 1, Recipe(), 0)  # finds what is wrong
        self.network = network
        self.address = unit.address
        self.layer = unit.layer.name
        self.canvas = canvas
        self._unit = unit

    def __call__(self, images: Tensor) -> Tensor:
        """Responses to `images`, B C H W in [0, 1]: B, differentiable in the images."""
        objective = UnitObjective((self._unit,) * len(images))
        rectified = rectified_layers(self.network, objective.layers)
        with capture(self.network, [self.layer]) as activations:
            self.network(images)
            outputs = {self.layer: activations[self.layer]}
        return objective.score(Seen(images, outputs, rectified))

    def measure(self, images: Tensor) -> Tensor:
        """Responses to `images`, B, on the CPU."""
        with torch.no_grad():
            return self(images).cpu()

    def seen(self, images: Tensor) -> Tensor:
        """Pixels that matter to the response around any of `images`: 1 or 0, float32, H x W."""
        with torch.enable_grad():
            shown = images.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self(shown).sum(), [shown])
        return (gradient != 0).any(1).any(0).float()


def one_unit(unit: Named, network: Network | None) -> tuple[Network, Unit]:
    """The unit that an address names, and its network, which is loaded unless it is given.

    Raises
    ------
    AddressError, NotFoundError : there is no such unit.
    UsageError : several are named.
    """
    if network is None:
        from vizkit.networks.load import load

        pairs = find_all(unit, None, load)
        return pairs[0][0], the_only(tuple(each for _, each in pairs), unit)
    return network, network.unit(unit)


def check_responds(address: str, response: float) -> None:
    """Refuse to go on with a unit that nothing was found to drive.

    Raises
    ------
    RenderError : `response` is not above zero.
    """
    if not response > 0:
        raise RenderError(
            f"{address} has no positive response (at best {response:.3g}), so that there is none "
            "to keep.\n  Choose another unit; vizkit.render shows which ones respond."
        )
