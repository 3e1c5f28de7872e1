"""What is measured of a picture: responses on the clean image, in float32, without transforms."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.images.luminance import REC_709
from vizkit.networks.network import Network
from vizkit.rendering.objective import Target, respond

FLAT = 0.02
"""A picture whose luminance deviates less than this shows nothing."""


@dataclass(frozen=True, slots=True)
class Responses:
    """Responses of a batch of units, each on its own image.

    Attributes
    ----------
    mean : B, spatial mean of the response; the value itself for a neuron or logit.
    peak : B, maximum over positions.
    """

    mean: Tensor
    peak: Tensor


def measure(network: Network, layer: str, target: Target, images: Tensor) -> Responses:
    """Responses of each image's unit, on the network as it was given.

    Parameters
    ----------
    layer : module path.
    images : B C H W in [0, 1].
    """
    with torch.no_grad(), capture(network, [layer]) as activations:
        network(images)
        maps = respond(target, activations[layer])
    return Responses(maps.mean(dim=(1, 2)), maps.amax(dim=(1, 2)))


def luminance_deviation(images: Tensor) -> Tensor:
    """Standard deviation of each image's luminance, B; the channels' mean where there are not 3."""
    if images.shape[1] == 3:
        weights = torch.tensor(REC_709, device=images.device, dtype=images.dtype)
        luminance = (images * weights.view(1, 3, 1, 1)).sum(1)
    else:
        luminance = images.mean(1)
    return luminance.flatten(1).std(dim=1, correction=0)
