"""What is measured of a picture: responses on the clean image, in float32, without transforms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.images.luminance import REC_709
from vizkit.networks.network import Network
from vizkit.networks.reproducible import reproducible
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen

FLAT = 0.02
"""A picture whose luminance deviates less than this shows nothing."""
WEAK = 0.02
"""A unit whose own picture drives another channel of its layer fifty times as strongly is weak. Of
95 channels in nine layers of three networks, all had below 0.7 % of the strongest or above 6 %."""


def measure(network: Network, objective: Objective, images: Tensor) -> tuple[Tensor, ...]:
    """What each image is worth to its own objective, on the network as it was given.

    Parameters
    ----------
    images : B C H W in [0, 1].

    Returns
    -------
    tuple : B, spatial mean of the response, the value itself for a neuron or logit; B, its maximum
        over positions; B, the response of the units that are to respond; and B, whether it is weak.
    """
    with torch.no_grad():
        seen = show(network, objective.layers, images)
        response, peak = objective.measure(seen)
        rival = objective.strongest(seen)
        weak = torch.zeros_like(response, dtype=torch.bool)
        if rival is not None:
            weak = response < WEAK * rival
        return response, peak, objective.driven.score(seen), weak


def show(network: Network, layers: Sequence[str], images: Tensor) -> Seen:
    """What the network, as it was given, makes of clean images in `layers`; differentiable."""
    if not layers:
        return Seen(images, {})
    with reproducible(network.device), capture(network, layers) as activations:
        network(images)
        outputs = {layer: activations[layer] for layer in layers}
    return Seen(images, outputs, rectified_layers(network, layers))


def rectified_layers(network: Network, layers: Iterable[str]) -> frozenset[str]:
    """Those of `layers` whose output the network passes through a ReLU next."""
    return frozenset(name for name in layers if network.layer(name).activation == "relu")


def luminance_deviation(images: Tensor) -> Tensor:
    """Standard deviation of each image's luminance, B; the channels' mean where there are not 3."""
    if images.shape[1] == 3:
        weights = torch.tensor(REC_709, device=images.device, dtype=images.dtype)
        luminance = (images * weights.view(1, 3, 1, 1)).sum(1)
    else:
        luminance = images.mean(1)
    return luminance.flatten(1).std(dim=1, correction=0)
