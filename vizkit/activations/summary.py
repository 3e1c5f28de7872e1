"""What each channel answers to a whole data set, in one pass and flat memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.activations.hooks import Layers
from vizkit.activations.streaming import stream
from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.result import Result, plain
from vizkit.text import aligned, random_badge


@dataclass(frozen=True, eq=False)
class ChannelSummary:
    """Responses of the C channels of a layer over a data set.

    Attributes
    ----------
    images : number of images.
    mean, std : over all images and positions, C, float64; `std` of the population.
    max : over all images and positions, C.
    positive : share of the images to which a channel responds above zero anywhere, C.
    top : numbers of the images, in the order of the stream, with the largest maxima of each
        channel, C x k, best first; the earlier image first when equal.
    top_values : their maxima, C x k.
    """

    images: int
    mean: Tensor
    std: Tensor
    max: Tensor
    positive: Tensor
    top: Tensor
    top_values: Tensor


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Summary(Result):
    """Responses of the channels of some layers over a data set; ``summary[layer]`` of one.

    Attributes
    ----------
    source : network and weights tag, or the class of a plain module.
    random : the weights were never trained.
    layers : by the name that was asked for.
    """

    source: str
    random: bool
    layers: dict[str, ChannelSummary]

    @property
    def images(self) -> int:
        """Number of images."""
        return next(iter(self.layers.values())).images

    def __getitem__(self, layer: str) -> ChannelSummary:
        return self.layers[layer]

    def __repr__(self) -> str:
        of = f"{len(self.layers)} layers of {self.source} over {self.images} images"
        return f"<Summary of {of}{', RANDOM WEIGHTS' if self.random else ''}>"

    def __str__(self) -> str:
        rows = [("LAYER", "CHANNELS", "MEAN", "MAX", "SILENT")]
        rows += [
            (
                name,
                str(len(layer.mean)),
                f"{float(layer.mean.mean()):.4g}",
                f"{float(layer.max.max()):.4g}",
                str(int((layer.positive == 0).sum())),
            )
            for name, layer in self.layers.items()
        ]
        badge = f"\n{random_badge(self.source)}" if self.random else ""
        return f"{aligned(rows, right=range(1, 5))}{badge}"

    def as_dict(self) -> dict[str, Any]:
        """Numbers of every channel; what is not finite is None."""
        return {
            "network": self.source,
            "random": self.random,
            "images": self.images,
            "layers": [
                {
                    "name": name,
                    **{
                        field.name: plain(getattr(layer, field.name))
                        for field in fields(layer)
                        if field.name != "images"
                    },
                }
                for name, layer in self.layers.items()
            ],
        }


def summarize(
    network: Given,
    layers: Layers,
    *,
    images: ImageSource | Iterable[Any],
    top: int = 9,
    after_activation: bool = False,
) -> Summary:
    """Summary of the responses of every channel of `layers` over all `images`.

    Parameters
    ----------
    network, layers, images, after_activation : as for `vizkit.stream`.
    top : how many of the strongest images to keep for each channel.

    Raises
    ------
    UsageError : there are no images.

    Examples
    --------
    >>> images = torch.tensor([1.0, -3.0, 2.0]).view(3, 1, 1, 1)
    >>> summary = summarize(nn.Sequential(nn.Identity()), "0", images=images, top=2)
    >>> summary["0"].mean.item(), summary["0"].top.tolist()
    (0.0, [[2, 0]])
    >>> print(summary)
    LAYER  CHANNELS  MEAN  MAX  SILENT
    0             1     0    2       0
    """
    target = network if isinstance(network, nn.Module) else given_network(network)
    totals: dict[str, _Total] = {}
    for batch in stream(
        target, layers, images=images, reduce=_moments, after_activation=after_activation
    ):
        for name, moments in batch.items():
            totals.setdefault(name, _Total(top)).add(moments)
    if not totals:
        raise UsageError("there are no images in the batches.\n  Give at least one batch.")
    summaries = {name: total.summary() for name, total in totals.items()}
    if isinstance(target, nn.Module):
        return Summary(type(target).__name__, False, summaries)
    return Summary(target.source, target.weights.random, summaries)


def _moments(activations: Tensor) -> Tensor:
    """Count, mean, sum of squared deviations and maximum of each channel's map, B x C x 4."""
    exact = torch.float32 if activations.device.type == "mps" else torch.float64
    maps = activations.flatten(2) if activations.ndim > 2 else activations.unsqueeze(2)
    maps = maps.to(exact)
    mean = maps.mean(2)
    squares = (maps - mean.unsqueeze(2)).square().sum(2)
    count = torch.full_like(mean, maps.shape[2])
    return torch.stack([count, mean, squares, maps.amax(2)], dim=2)


class _Total:
    """Running totals, merged by the pairwise formulas of Chan, Golub and LeVeque (1979)."""

    def __init__(self, top: int) -> None:
        self._keep = top
        self._images = 0
        self._count = torch.zeros(())
        self._mean = self._squares = torch.zeros((), dtype=torch.float64)
        self._max = torch.tensor(-torch.inf, dtype=torch.float64)
        self._positive = torch.zeros((), dtype=torch.int64)
        self._top = torch.empty(0)
        self._values = torch.empty(0)

    def add(self, moments: Tensor) -> None:
        """Add a batch, B x C x 4."""
        count, mean, squares, peak = moments.double().unbind(2)
        if not len(peak):
            return
        numbers = torch.arange(self._images, self._images + len(peak))
        numbers = numbers.expand(peak.shape[1], -1)
        if self._images == 0:
            self._top, self._values = numbers[:, :0], peak.T[:, :0]
        values = torch.cat([self._values, peak.T], dim=1)
        order = values.argsort(dim=1, descending=True, stable=True)[:, : self._keep]
        self._values = values.gather(1, order)
        self._top = torch.cat([self._top, numbers], dim=1).gather(1, order)
        self._max = torch.maximum(self._max, peak.amax(0))
        self._positive = self._positive + (peak > 0).sum(0)
        self._images += len(peak)

        whole = count.sum(0)
        center = (count * mean).sum(0) / whole
        spread = (squares + count * (mean - center).square()).sum(0)
        both = self._count + whole
        shift = center - self._mean
        self._squares = self._squares + spread + shift.square() * self._count * whole / both
        self._mean = self._mean + shift * whole / both
        self._count = both

    def summary(self) -> ChannelSummary:
        """Totals of everything added."""
        return ChannelSummary(
            self._images,
            self._mean,
            (self._squares / self._count).sqrt(),
            self._max,
            self._positive.double() / self._images,
            self._top,
            self._values,
        )
