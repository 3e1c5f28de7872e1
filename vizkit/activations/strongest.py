"""Which channels answer one image most strongly, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vizkit.activations.hooks import capture
from vizkit.networks.network import Network


@dataclass(frozen=True, slots=True)
class ChannelResponse:
    """Response of one channel to one image, after the ReLU where the layer has one.

    Attributes
    ----------
    layer : public name of the layer.
    channel : number of the channel.
    mean, max : over all positions.
    positive : share of the positions above zero.
    branch : branch and number in it, for a channel of a concatenated block.
    map : the response itself, H x W; 1 x 1 for a layer without a map.
    """

    layer: str
    channel: int
    mean: float
    max: float
    positive: float
    branch: str | None
    map: Tensor = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without the layer and the map."""
        return {
            "channel": self.channel,
            "mean": self.mean,
            "max": self.max,
            "positive": self.positive,
            "branch": self.branch,
        }


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Score of one class for one image: its name (None when unknown) and probability."""

    channel: int
    name: str | None
    logit: float
    probability: float


def strongest_channels(
    network: Network, image: Tensor, layers: Sequence[str], *, top: int = 5
) -> dict[str, tuple[ChannelResponse, ...]]:
    """Channels with the largest mean response to `image`, 1 C H W in [0, 1], for each layer.

    Raises
    ------
    LayerNotFoundError : the network has no such layer.
    """
    with torch.no_grad(), capture(network, layers, after_activation=True) as acts:
        network(image)
        return {name: _strongest(network, name, output[0], top) for name, output in acts.items()}


def _strongest(
    network: Network, layer: str, output: Tensor, top: int
) -> tuple[ChannelResponse, ...]:
    info = network.layer(layer)
    maps = output.flatten(1) if output.ndim > 1 else output.unsqueeze(1)
    maps = maps.double().cpu()
    means = maps.mean(1)
    shape = output.shape[1:] if output.ndim == 3 else (1, maps.shape[1])
    order = means.argsort(descending=True, stable=True)[:top].tolist()
    return tuple(
        ChannelResponse(
            layer=info.public_name,
            channel=channel,
            mean=float(means[channel]),
            max=float(maps[channel].max()),
            positive=float((maps[channel] > 0).double().mean()),
            branch=info.branch_of(channel),
            map=maps[channel].view(shape).float(),
        )
        for channel in order
    )


def best_classes(network: Network, image: Tensor, *, top: int = 5) -> tuple[ClassScore, ...]:
    """Classes with the largest logits for `image`, 1 C H W; empty without a classifier."""
    if not any("logits" in {layer.name, *layer.aliases} for layer in network.layers):
        return ()
    with torch.no_grad(), capture(network, "logits") as acts:
        network(image)
    logits = acts["logits"][0].flatten().double().cpu()
    probabilities = logits.softmax(0)
    return tuple(
        ClassScore(
            channel=channel,
            name=None if network.classes is None else network.classes[channel],
            logit=float(logits[channel]),
            probability=float(probabilities[channel]),
        )
        for channel in logits.argsort(descending=True, stable=True)[:top].tolist()
    )
