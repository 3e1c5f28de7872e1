"""Whether a picture drives its unit along the way that natural images take through the network."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject
from vizkit.networks.network import Network

_MOST = 6
"""Lower layers that are looked at, evenly among those that the network shows."""


def path(subject: Subject) -> Tensor:
    """Likeness of the channels' means in lower layers to those of natural crops.

    Rank correlation with the mean of the five crops that drive the unit most, divided by that of
    each of these with the others, and averaged over layers: 1 is as natural as they are. NaN for
    a unit of the first layer.
    """
    layers = lower_layers(subject.network, subject.layer)
    if not layers:
        return torch.full((len(subject.units),), torch.nan)
    pictures = channel_means(subject.network, layers, subject.pictures)
    shares = []
    for number in range(len(subject.units)):
        natural = channel_means(subject.network, layers, subject.top_crops(number))
        shares.append(
            torch.stack(
                [_share(pictures[layer][number], natural[layer]) for layer in layers]
            ).nanmean()
        )
    return torch.stack(shares)


def lower_layers(network: Network, layer: str) -> tuple[str, ...]:
    """Module paths of up to six of the layers that the network shows before `layer`."""
    names = [each.name for each in network.layers]
    shown = [
        each.name
        for each in network.layers
        if each.published and each.spatial and names.index(each.name) < names.index(layer)
    ]
    if len(shown) <= _MOST:
        return tuple(shown)
    return tuple(shown[round(n * (len(shown) - 1) / (_MOST - 1))] for n in range(_MOST))


def channel_means(network: Network, layers: tuple[str, ...], images: Tensor) -> dict[str, Tensor]:
    """Mean of every channel over its map, B C by layer."""
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for batch in torch.split(images, 32):
        with torch.no_grad(), capture(network, layers, after_activation=True) as activations:
            network(batch)
            for layer in layers:
                found[layer].append(activations[layer].float().mean((2, 3)))
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def _share(picture: Tensor, natural: Tensor) -> Tensor:
    """Rank correlation of a picture with natural crops over that among these."""
    total, count = natural.sum(0), len(natural)
    if count < 2:
        return torch.tensor(torch.nan)
    among = torch.stack([_rank_correlation(row, (total - row) / (count - 1)) for row in natural])
    return _rank_correlation(picture, total / count) / among.mean().clamp(min=0.05)


def _rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    ranks = [_ranks(each) for each in (a, b)]
    centered = [each - each.mean() for each in ranks]
    norm = centered[0].norm() * centered[1].norm()
    return centered[0].dot(centered[1]) / norm if norm > 0 else torch.tensor(torch.nan)


def _ranks(values: Tensor) -> Tensor:
    """Ranks, equal values sharing theirs."""
    values = values.double().cpu()
    _, inverse, counts = torch.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    ranks: Tensor = (ends - (counts - 1) / 2)[inverse]
    return ranks


METRIC = Metric(
    name="path",
    says="Whether the layers below see in the picture what they see in photographs of the unit.",
    wrong_if="With few photographs, none may show what the unit is for.",
    better="higher",
    of=path,
    needs_photographs=True,
)
