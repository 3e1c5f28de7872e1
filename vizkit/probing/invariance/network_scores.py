"""What passes of images through one network, at every value of transforms, tell of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point
from vizkit.probing.invariance.result import Invariance, LayerScores
from vizkit.probing.invariance.scores.distances import ImageDistances, distance_curve
from vizkit.probing.invariance.scores.goodfellow import goodfellow
from vizkit.probing.invariance.scores.selectivity import selectivity, variance_ratio
from vizkit.probing.passes import Passes
from vizkit.probing.readers import PIXELS, DistanceReader, ResponseReader, SilenceReader
from vizkit.probing.readout import Readouts, Response


class NetworkScores:
    """Scores of one network under several transforms, gathered batch by batch.

    Parameters
    ----------
    layers : names or aliases.
    grids : values of one transform each; the identity is passed as well.
    sample : images as those to come, B C H W, of which the transforms' own errors are measured.
    response, after_activation : as for `vizkit.invariance`.
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
        sample: Tensor,
        *,
        response: Response = "center",
        after_activation: bool = True,
        silence: bool = False,
    ) -> None:
        for grid in grids:
            grid.check(tuple(sample.shape[1:]))
        self.network, self.layers, self.grids = network, tuple(layers), grids
        self._sample = sample
        self._passes = Passes(network, self.layers, after_activation=after_activation)
        size = (sample.shape[2], sample.shape[3])
        readouts = Readouts(network, dict.fromkeys(self.layers), response, size)
        self._responses = [ResponseReader(readouts) for _ in grids]
        self._distances = [DistanceReader() for _ in grids]
        self._silence = SilenceReader() if silence else None
        self.images = 0

    @cached_property
    def resampling(self) -> tuple[float, ...]:
        """By transform, the largest error of its own interpolation, of images at its identity."""
        stills = [(grid, grid.apply(self._sample, grid.identity)) for grid in self.grids]
        return tuple(
            max(grid.floor(still, point) for point in grid.from_identity) for grid, still in stills
        )

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
            for point, images, maps in self._passes.over(batch, grid, points):
                self._read(number, point, {PIXELS: images, **maps})
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
        self,
        number: int,
        rate: float,
        values: Sequence[float] | None = None,
        *,
        compared: Invariance | None = None,
        baseline: Invariance | None = None,
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

        (transform,) = grid.transforms
        return Invariance(
            network=self.network.source,
            random=self.network.weights.random,
            transform=transform.name,
            unit=transform.unit,
            values=tuple(value for (value,) in points),
            layers={name: scores(name) for name in self.layers},
            pixels=scores(PIXELS),
            distances={n: distances.over(n, moving) for n in (PIXELS, *self.layers) if moving},
            resampling=max(grid.floor(self._sample, point) for point in points),
            images=self.images,
            passes=self.passes,
            compared=compared,
            baseline=baseline,
        )
