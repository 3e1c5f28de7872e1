"""Scores of invariance of all units of layers, from one sweep of transformed images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.family import Family
from vizkit.probing.grid import grid
from vizkit.probing.readout import Readouts, Response
from vizkit.probing.responses import passes
from vizkit.probing.score_tally import PIXELS, LayerScores, ScoreTally
from vizkit.probing.scores.zeiler_fergus import DistanceCurve, distance_curve

_BATCH = 4


@dataclass(frozen=True, eq=False)
class Invariance:
    """Invariance of the layers of a network under a family of transforms.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    family, unit : the family's name and the unit of its parameter.
    values : of the parameter.
    layers : in the order asked for.
    pixels : how far the images themselves move: what an identity network shows.
    images : number of images.
    passes : number of images that went through the network, which does not depend on the number
        of layers, units and scores.
    """

    network: str
    random: bool
    family: str
    unit: str
    values: tuple[float, ...]
    layers: Mapping[str, LayerScores]
    pixels: DistanceCurve
    images: int
    passes: int

    def __getitem__(self, layer: str) -> LayerScores:
        return self.layers[layer]

    def as_dict(self, share: float = 0.2) -> dict[str, Any]:
        """Plain data of the layers, `share` as for `Goodfellow.layer`; NaN becomes None."""
        rows = []
        for each in self.layers.values():
            best = each.goodfellow.layer(share)
            status = each.goodfellow.status
            rows.append(
                {
                    "layer": each.layer,
                    "invariance": [None if n != n else n for n in best],
                    "scores": _plain(each.goodfellow.score),
                    "status": list(status),
                    "coarse": each.goodfellow.coarse,
                    "sparseness": _plain(each.selectivity.sparseness),
                    "variance_ratio": _plain(each.variance.ratio),
                    "distance": _plain(each.distance.distance),
                    "low": _plain(each.distance.low),
                    "high": _plain(each.distance.high),
                    "null": _plain(each.distance.null),
                }
            )
        return {
            "network": self.network,
            "family": self.family,
            "unit": self.unit,
            "parameter": list(self.values),
            "images": self.images,
            "pixels": _plain(self.pixels.distance),
            "layers": rows,
        }


def invariance(
    network: Network,
    layers: Iterable[str] | str | None = None,
    family: str | Family = "rotation",
    values: Sequence[float] | None = None,
    images: ImageSource = "photographs",
    *,
    response: Response = "center",
    raw: bool = False,
    rate: float = 0.01,
) -> Invariance:
    """Scores of invariance of every unit of the layers, and of the layers as a whole.

    One forward pass per image and value, to the deepest of the layers, serves all of them. To see
    what training did, hold the scores against those of the same network with random weights.

    Parameters
    ----------
    network : of `vizkit.load`.
    layers : names or aliases; by default the layers that the network shows.
    family : name or instance of a family of transforms.
    values : of its parameter; by default the family's own sweep.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors; two or more.
    response : what stands for a channel: its unit at the ``"center"``, or ``"mean"`` or ``"max"``
        of its map.
    raw : responses before the ReLU that follows a layer; by default after it.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; with fewer give 0.1, or heed `Goodfellow.coarse`.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or family.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> import vizkit
    >>> found = invariance(vizkit.load("lenet5"), ["c1"], "brightness", (0, 0.2), "noise")
    >>> found["c1"].goodfellow.score.shape, found["c1"].distance.distance[0].item(), found.passes
    (torch.Size([6]), 0.0, 16)
    """
    chosen = network.default_layers() if layers is None else layers
    names = [chosen] if isinstance(chosen, str) else list(chosen)
    swept = grid(family, values)
    points = (swept.identity, *(point for point in swept.points if point != swept.identity))
    batches = in_pairs(network.batches(images, _BATCH))
    tally: ScoreTally | None = None
    count = passed = 0
    for each in passes(network, names, batches, swept, points, raw=raw):
        if tally is None:
            size = (each.images.shape[2], each.images.shape[3])
            tally = ScoreTally(Readouts(network, dict.fromkeys(names), response, size))
        tally.add(each.point, {PIXELS: each.images, **each.maps}, each.point == swept.identity)
        passed += len(each.images)
        count = each.first + len(each.images)
    assert tally is not None
    return Invariance(
        network.source,
        network.weights.random,
        swept.families[0].name,
        swept.families[0].unit,
        swept.values[0],
        {name: tally.scores(name, swept.identity, swept.points, rate) for name in names},
        distance_curve(tally.distances(PIXELS, swept.points)),
        count,
        passed,
    )


def in_pairs(batches: Iterator[Tensor]) -> Iterator[Tensor]:
    """The batches, none of them with a single image."""
    waiting: Tensor | None = None
    for batch in batches:
        if waiting is not None and len(batch) == 1:
            batch, waiting = torch.cat([waiting, batch]), None
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is None or len(waiting) == 1:
        raise UsageError(
            "one image cannot be told from another.\n  Give two images or more: distances between "
            "them are the unit of the scores."
        )
    yield waiting


def _plain(values: Tensor) -> list[float | None]:
    return [None if each != each else each for each in values.tolist()]
