"""Invariance of a network's layers and units: what its passes tell, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point
from vizkit.probing.invariance.scores.distances import (
    DistanceCurve,
    ImageDistances,
    distance_curve,
)
from vizkit.probing.invariance.scores.goodfellow import Goodfellow, goodfellow
from vizkit.probing.invariance.scores.selectivity import (
    Selectivity,
    VarianceRatio,
    selectivity,
    variance_ratio,
)
from vizkit.probing.passes import Passes
from vizkit.probing.readers import PIXELS, DistanceReader, ResponseReader, SilenceReader
from vizkit.probing.readout import Readouts, Response
from vizkit.probing.uncertainty import Estimate, known, ratio_of_means


@dataclass(frozen=True, eq=False)
class LayerScores:
    """Invariance of one layer and its units under a transform.

    Attributes
    ----------
    layer : name as it was asked for.
    goodfellow : scores of Goodfellow et al. (2009); chance is 1.
    variance : share of each unit's variance that the transform makes; chance is 1.
    selectivity : of each unit for images, beside which alone invariance means something.
    distance : how far the layer's whole output moves, over the values.
    """

    layer: str
    goodfellow: Goodfellow
    variance: VarianceRatio
    selectivity: Selectivity
    distance: DistanceCurve


@dataclass(frozen=True, eq=False)
class Invariance:
    """Invariance of the layers of a network under a transform.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    transform, unit : the transform's name and the unit of its parameter.
    values : of the parameter.
    layers : in the order asked for.
    pixels : of the images themselves: what an identity network shows.
    distances : by layer, of each image at the values other than the identity.
    images : number of images.
    passes : number of images that went through the network, which does not depend on the number
        of layers, units and scores.
    """

    network: str
    random: bool
    transform: str
    unit: str
    values: tuple[float, ...]
    layers: Mapping[str, LayerScores]
    pixels: LayerScores
    distances: Mapping[str, ImageDistances]
    images: int
    passes: int

    def __getitem__(self, layer: str) -> LayerScores:
        return self.pixels if layer == PIXELS else self.layers[layer]

    def distance(self, layer: str) -> Estimate:
        """How far the layer moves, mean over the values; 1 is as far as another image."""
        return _ratio(self.distances[layer].moved, self.distances[layer].between)

    def null(self, layer: str) -> Estimate:
        """The same from the transformed version of another image."""
        return _ratio(self.distances[layer].other, self.distances[layer].between)

    def score(self, layer: str, share: float) -> Estimate:
        """Inv_p of Goodfellow et al. of the layer, of the best `share` of its units."""
        return self[layer].goodfellow.layer(share)

    def as_dict(self, share: float = 0.2) -> dict[str, Any]:
        """Plain data of the layers, `share` as for `Goodfellow.layer`; NaN becomes None."""
        return {
            "network": self.network,
            "family": self.transform,
            "unit": self.unit,
            "parameter": list(self.values),
            "images": self.images,
            "pixels": _plain(self.pixels.distance.distance),
            "layers": [
                {
                    "layer": each.layer,
                    "invariance": list(map(known, self.score(each.layer, share)[:3])),
                    "scores": _plain(each.goodfellow.score),
                    "status": list(each.goodfellow.status),
                    "coarse": each.goodfellow.coarse,
                    "sparseness": _plain(each.selectivity.sparseness),
                    "variance_ratio": _plain(each.variance.ratio),
                    "distance": _plain(each.distance.distance),
                    "low": _plain(each.distance.low),
                    "high": _plain(each.distance.high),
                    "null": _plain(each.distance.null),
                }
                for each in self.layers.values()
            ],
        }


class NetworkScores:
    """Scores of one network under several transforms, gathered batch by batch.

    Parameters
    ----------
    layers : names or aliases.
    grids : values of one transform each; the identity is passed as well.
    shape : C, H, W of the images.
    response, raw : as for `vizkit.invariance`.
    silence : pass the images as they are, to tell which channels say nothing. Transforms that leave
        an image alone at their identity share that pass.

    Raises
    ------
    LayerNotFoundError : there is no such layer.
    UsageError : values that such images cannot bear.
    """

    def __init__(
        self,
        network: Network,
        layers: Iterable[str],
        grids: Sequence[Grid],
        shape: tuple[int, int, int],
        *,
        response: Response = "center",
        raw: bool = False,
        silence: bool = False,
    ) -> None:
        for grid in grids:
            grid.check(shape)
        self.network, self.layers, self.grids = network, tuple(layers), grids
        self._passes = Passes(network, self.layers, after_activation=not raw)
        readouts = Readouts(network, dict.fromkeys(self.layers), response, shape[1:])
        self._responses = [ResponseReader(readouts) for _ in grids]
        self._distances = [DistanceReader() for _ in grids]
        self._silence = SilenceReader() if silence else None
        self.images = 0

    @property
    def passes(self) -> int:
        """Number of images that went through the network."""
        return self._passes.count

    @property
    def silent(self) -> dict[str, float]:
        """By layer, the share of channels that answer with one number everywhere."""
        return {} if self._silence is None else self._silence.shares

    def add(self, batch: Tensor, follow: Callable[[], None] | None = None) -> None:
        """Pass a batch of two images or more through the network, once for each value.

        Parameters
        ----------
        follow : called after every pass.
        """
        plain: dict[str, Tensor] | None = None
        if self._silence is not None:
            plain = self._passes.outputs(batch)
            self._silence.add(plain)
        for number, grid in enumerate(self.grids):
            points = grid.from_identity
            if plain is not None and torch.equal(grid.apply(batch, grid.identity), batch):
                self._read(number, grid.identity, {PIXELS: batch, **plain})
                points = points[1:]
            for each in self._passes.over(batch, grid, points):
                self._read(number, each.point, {PIXELS: each.images, **each.maps})
                if follow is not None:
                    follow()
        self.images += len(batch)

    def _read(self, number: int, point: Point, maps: Mapping[str, Tensor]) -> None:
        still = point == self.grids[number].identity
        self._distances[number].add(point, maps, still=still)
        self._responses[number].add(point, maps)

    def responses(self, number: int, layer: str) -> tuple[Tensor, Tensor]:
        """Responses of all channels under transform `number`.

        Returns
        -------
        tuple : at the identity, images x channels, and at all values, images x values x channels.
        """
        read, grid = self._responses[number], self.grids[number]
        return read.at(layer, grid.identity), read.over(layer, grid.points)

    def distances(self, number: int, layer: str) -> ImageDistances:
        """Of a layer, or of `PIXELS`, under transform `number` at all values but the identity."""
        grid = self.grids[number]
        return self._distances[number].over(layer, grid.from_identity[1:])

    def result(
        self, number: int, values: Sequence[float] | None = None, rate: float = 0.01
    ) -> Invariance:
        """Scores under transform `number`, at `values` that were passed; by default at all."""
        grid, responses = self.grids[number], self._responses[number]
        points = grid.points if values is None else [(value,) for value in values]
        moving = [point for point in points if point != grid.identity]
        distances = self._distances[number]

        def scores(name: str) -> LayerScores:
            originals, orbits = responses.at(name, grid.identity), responses.over(name, points)
            return LayerScores(
                name,
                goodfellow(originals, orbits, rate=rate),
                variance_ratio(orbits),
                selectivity(originals),
                distance_curve(distances.over(name, points)),
            )

        (varied,) = grid.transforms
        return Invariance(
            self.network.source,
            self.network.weights.random,
            varied.name,
            varied.unit,
            tuple(value for (value,) in points),
            {name: scores(name) for name in self.layers},
            scores(PIXELS),
            {name: distances.over(name, moving) for name in (PIXELS, *self.layers) if moving},
            self.images,
            self.passes,
        )


def _ratio(over: Tensor, under: Tensor) -> Estimate:
    value, low, high = ratio_of_means(over.mean(1, keepdim=True), under)
    return Estimate(float(value[0]), float(low[0]), float(high[0]))


def _plain(values: Tensor) -> list[float | None]:
    return [None if each != each else each for each in values.tolist()]
