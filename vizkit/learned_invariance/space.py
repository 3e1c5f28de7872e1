"""Spaces in which images are compared: pixels without their finest detail, or an earlier layer."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.learned_invariance.one_unit import UnitResponse
from vizkit.networks.network import Network

_FINEST = 24.0
"""Cycles per image at which the low-pass has fallen to exp(-1/2); what is finer looks like
noise."""


class Space(ABC):
    """Where images are points.

    Parameters
    ----------
    seen : H x W, 1 where the unit in question looks; what it cannot see is taken as gray, so that
        no difference there counts.
    """

    name: str

    def __init__(self, seen: Tensor) -> None:
        self._seen = seen

    def __call__(self, images: Tensor) -> Tensor:
        """Points of `images`, B x N; differentiable."""
        return self._points(GRAY + self._seen * (images - GRAY)).flatten(1)

    @abstractmethod
    def _points(self, images: Tensor) -> Tensor: ...


class LowPassed(Space):
    """Pixels after a Gaussian low-pass in [0, 1]."""

    name = "pixels"

    def _points(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        vertical = torch.fft.fftfreq(height, 1 / height, device=images.device)[:, None]
        horizontal = torch.fft.rfftfreq(width, 1 / width, device=images.device)[None]
        gain = torch.exp(-(vertical**2 + horizontal**2) / (2 * _FINEST**2))
        passed: Tensor = torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=(height, width))
        return passed


class LayerOutput(Space):
    """Output of a layer, as the network computes it."""

    def __init__(self, seen: Tensor, network: Network, layer: str) -> None:
        super().__init__(seen)
        self.name = layer
        self._network = network

    def _points(self, images: Tensor) -> Tensor:
        with capture(self._network, [self.name], after_activation=True) as activations:
            self._network(images)
            return activations[self.name]


def space_of(response: UnitResponse, name: str, seen: Tensor) -> Space:
    """The space called ``"pixels"``, or the output of a layer before the unit's.

    Raises
    ------
    LayerNotFoundError : there is no such layer.
    UsageError : it does not come before the unit's layer.
    """
    if name == LowPassed.name:
        return LowPassed(seen)
    check_space(response.network, name, response.layer)
    return LayerOutput(seen, response.network, name)


def check_space(network: Network, name: str, layer: str) -> None:
    """Refuse a space that cannot be used for units of `layer`.

    Raises
    ------
    LayerNotFoundError, UsageError : as `space_of`.
    """
    if name == LowPassed.name:
        return
    order = [each.name for each in network.layers]
    if order.index(network.layer(name).name) >= order.index(network.layer(layer).name):
        raise UsageError(
            f"space={name!r} does not come before {layer!r}, the layer of the unit.\n"
            f"  Give 'pixels', or a layer before it, such as {order[0]!r}."
        )


def distances(points: Tensor) -> Tensor:
    """Distance of every two of `points`, B x N: B x B, root mean square over the N numbers.

    Examples
    --------
    >>> distances(torch.tensor([[0.0, 0.0], [0.0, 3.0]])).square()
    tensor([[0.0000, 4.5000],
            [4.5000, 0.0000]])
    """
    apart: Tensor = (points[:, None] - points[None]).square().mean(2)
    # The square root has no gradient at zero, where the diagonal is.
    return torch.where(apart > 0, apart.clamp(min=1e-20).sqrt(), 0.0)
