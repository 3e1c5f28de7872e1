"""How different pictures are from each other; with a unit, the several things that drive it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen

_FINEST = 24.0
"""Cycles per image at which the low-pass has fallen to exp(-1/2); what is finer looks like
noise."""


@dataclass(frozen=True, slots=True)
class Diversity(Objective):
    """Logarithms of the distances between the pictures of a batch, each shared by its two.

    Who are nearest push hardest, so no two pictures end up the same; a mean distance, as Lucid's
    mean correlation, is content with two groups far apart.

    Attributes
    ----------
    source : network and weights tag.
    layer : in which outputs are compared; None for low-passed pixels.
    """

    source: str
    layer: LayerInfo | None = None
    coupled: ClassVar[bool] = True

    @property
    def layers(self) -> tuple[str, ...]:
        """The layer, if there is one."""
        return () if self.layer is None else (self.layer.name,)

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it was written."""
        return "diversity" if self.layer is None else f"diversity({self.layer.public_name})"

    def key(self, lane: int = 0) -> str:
        """By module path."""
        if self.layer is None:
            return self.name(lane)
        return f"{self.source}/diversity({self.layer.name})"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture against all others."""
        return room(low_pass(seen.images) if self.layer is None else seen[self.layer.name])


def room(points: Tensor) -> Tensor:
    """Half the sum of the logarithms of each point's distances to the others, B.

    Parameters
    ----------
    points : B x ..., compared over all further axes.

    Examples
    --------
    >>> room(torch.tensor([[1.0], [2.0], [3.0]])).tolist()
    [0.34657..., 0.0, 0.34657...]
    """
    apart = distances(points.flatten(1))
    first, second = torch.triu_indices(len(points), len(points), 1, device=points.device)
    shares = 0.5 * apart[first, second].clamp(min=1e-6).log()
    nothing = torch.zeros(len(points), device=points.device)
    return nothing.index_add(0, first, shares).index_add(0, second, shares)


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


def low_pass(images: Tensor) -> Tensor:
    """Images after a Gaussian low-pass, B C H W; differentiable."""
    height, width = images.shape[2:]
    vertical = torch.fft.fftfreq(height, 1 / height, device=images.device)[:, None]
    horizontal = torch.fft.rfftfreq(width, 1 / width, device=images.device)[None]
    gain = torch.exp(-(vertical**2 + horizontal**2) / (2 * _FINEST**2))
    passed: Tensor = torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=(height, width))
    return passed


def of_batch(network: Network, layer: str | None = None) -> Diversity:
    """Objective of ``diversity`` and ``diversity(LAYER)``."""
    return Diversity(network.source, None if layer is None else network.layer(layer))


OBJECTIVE = of_batch
