"""One pass of each image and value through a network, and all that is read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.networks.network import Network
from vizkit.probing.readout import Readouts
from vizkit.probing.report.sweeps import Sweep
from vizkit.probing.responses import passes
from vizkit.probing.score_tally import PIXELS, LayerScores, ScoreTally
from vizkit.probing.scores.bootstrap import Estimate, ratio_of_means
from vizkit.probing.scores.zeiler_fergus import ImageDistances


@dataclass(frozen=True, eq=False)
class Scored:
    """What one network's layers show under one family, at T values.

    Attributes
    ----------
    values : of the parameter.
    layers : scores by layer; `PIXELS` has those of the images, as of an identity network.
    distances : by layer, of each image at the values other than the identity.
    """

    values: tuple[float, ...]
    layers: Mapping[str, LayerScores]
    distances: Mapping[str, ImageDistances]

    def distance(self, layer: str) -> Estimate:
        """How far the layer moves, mean over the values; 1 is as far as another image."""
        return _ratio(self.distances[layer].moved, self.distances[layer].between)

    def null(self, layer: str) -> Estimate:
        """The same from the transformed version of another image."""
        return _ratio(self.distances[layer].other, self.distances[layer].between)

    def score(self, layer: str, share: float) -> Estimate:
        """Inv_p of Goodfellow et al. of the layer, of the best `share` of its units."""
        return self.layers[layer].goodfellow.layer(share)


class NetworkTally:
    """Scores of one network under several families, gathered batch by batch.

    Parameters
    ----------
    values : of each sweep, the identity among them.
    """

    def __init__(
        self,
        network: Network,
        layers: Sequence[str],
        sweeps: Sequence[Sweep],
        values: Sequence[Sequence[float]],
        size: tuple[int, int],
    ) -> None:
        self.passes = 0
        self.network, self._layers, self._sweeps = network, layers, sweeps
        self._acts = capture(network, layers, after_activation=True)
        self._values = [set(each) for each in values]
        readouts = Readouts(network, dict.fromkeys(layers), "center", size)
        self._tallies = [ScoreTally(readouts) for _ in sweeps]
        self._low: dict[str, Tensor] = {}
        self._high: dict[str, Tensor] = {}

    def add(self, batch: Tensor) -> None:
        """Pass a batch of two images or more through the network, once for each value."""
        plain = self._plain(batch)
        for sweep, tally, values in zip(self._sweeps, self._tallies, self._values, strict=True):
            points = [point for point in sweep.points if point[0] in values]
            if torch.equal(sweep.grid.apply(batch, points[0]), batch):
                # All families that leave the image alone at the identity share that pass.
                tally.add(points[0], {PIXELS: batch, **plain}, identity=True)
                points = points[1:]
            for each in passes(self.network, self._layers, [batch], sweep.grid, points):
                still = each.point == sweep.grid.identity
                tally.add(each.point, {PIXELS: each.images, **each.maps}, still)
                self.passes += len(batch)

    def scored(self, number: int, values: Sequence[float], rate: float) -> Scored:
        """Scores under sweep `number` at `values`, which were passed."""
        sweep, tally = self._sweeps[number], self._tallies[number]
        points = [(value,) for value in values]
        moving = [point for point in points if point != sweep.grid.identity]
        names = (PIXELS, *self._layers)
        return Scored(
            tuple(values),
            {name: tally.scores(name, sweep.grid.identity, points, rate) for name in names},
            {name: tally.distances(name, moving) for name in names},
        )

    def silent(self) -> dict[str, float]:
        """By layer, the share of channels that answer with one number everywhere."""
        return {
            name: float((self._high[name] == low).double().mean())
            for name, low in self._low.items()
        }

    def _plain(self, batch: Tensor) -> dict[str, Tensor]:
        with torch.no_grad(), self._acts:
            self.network(batch)
        maps = dict(self._acts.items())
        self._acts.clear()
        self.passes += len(batch)
        for name, output in maps.items():
            flat = output.transpose(0, 1).flatten(1).cpu()
            low, high = flat.aminmax(dim=1)
            self._low[name] = torch.minimum(self._low.get(name, low), low)
            self._high[name] = torch.maximum(self._high.get(name, high), high)
        return maps


def _ratio(over: Tensor, under: Tensor) -> Estimate:
    value, low, high = ratio_of_means(over.mean(1, keepdim=True), under)
    return Estimate(float(value[0]), float(low[0]), float(high[0]))
