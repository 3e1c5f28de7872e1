"""One unit, as a function of the image that can be differentiated."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.errors import RenderError
from vizkit.networks.network import Network
from vizkit.rendering.job import check_canvas
from vizkit.rendering.measure import show
from vizkit.rendering.objectives.unit import UnitObjective
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
        self.network = network
        self.unit = unit
        self._objective = UnitObjective((unit,))
        check_canvas(network, self._objective, canvas)

    def __call__(self, images: Tensor) -> Tensor:
        """Responses to `images`, B C H W in [0, 1]: B, differentiable in the images."""
        objective = self._objective.take([0] * len(images))
        return objective.score(show(self.network, objective.layers, images))

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


def check_responds(unit: Unit, response: float) -> None:
    """Refuse to go on with a unit that nothing was found to drive.

    Raises
    ------
    RenderError : `response` is not above zero.
    """
    if not response > 0:
        raise RenderError(
            f"{unit} has no positive response (at best {response:.3g}), so that there is none "
            "to keep.\n  Choose another unit; vizkit.render shows which ones respond."
        )
