"""What one sweep says of the layers, gathered pass by pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.probing.grid import Point
from vizkit.probing.readout import Readouts
from vizkit.probing.scores.goodfellow import Goodfellow, goodfellow
from vizkit.probing.scores.selectivity import (
    Selectivity,
    VarianceRatio,
    selectivity,
    variance_ratio,
)
from vizkit.probing.scores.zeiler_fergus import (
    DistanceCurve,
    ImageDistances,
    Originals,
    distance_curve,
    joined,
    joined_values,
)

PIXELS = ""
"""Name under which the images themselves are measured, as the layer of an identity network."""


@dataclass(frozen=True, eq=False)
class LayerScores:
    """Invariance of one layer and its units under a family of transforms.

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


class ScoreTally:
    """Responses of units, and distances of whole maps, of the passes so far."""

    def __init__(self, readouts: Readouts) -> None:
        self._readouts = readouts
        self._responses: dict[tuple[str, Point], list[Tensor]] = {}
        self._distances: dict[tuple[str, Point], list[ImageDistances]] = {}
        self._originals: dict[str, Originals] = {}

    def add(self, point: Point, maps: Mapping[str, Tensor], identity: bool) -> None:
        """Add a pass; the one at the identity comes first of each batch."""
        if identity:
            self._originals = {name: Originals(output) for name, output in maps.items()}
        for name, output in maps.items():
            found = self._originals[name].distances(output)
            self._distances.setdefault((name, point), []).append(found)
            responses = (
                _middle(output) if name == PIXELS else self._readouts.of(name, output)(output)
            )
            self._responses.setdefault((name, point), []).append(responses)

    def distances(self, name: str, points: Sequence[Point]) -> ImageDistances:
        """Distances of all images at `points`."""
        return joined_values([joined(self._distances[name, point]) for point in points])

    def scores(
        self, name: str, identity: Point, points: Sequence[Point], rate: float
    ) -> LayerScores:
        """Scores of a layer."""
        originals = torch.cat(self._responses[name, identity])
        orbits = torch.stack([torch.cat(self._responses[name, point]) for point in points], 1)
        return LayerScores(
            name,
            goodfellow(originals, orbits, rate=rate),
            variance_ratio(orbits),
            selectivity(originals),
            distance_curve(self.distances(name, points)),
        )


def _middle(images: Tensor) -> Tensor:
    """The pixel in the middle, B x C: what the central unit of an identity network answers."""
    height, width = images.shape[2:]
    # A copy, which does not keep the images alive.
    return images[:, :, (height - 1) // 2, (width - 1) // 2].float().cpu().clone()
