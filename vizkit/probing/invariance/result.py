"""How invariant the layers of a network and their units are to one transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vizkit.probing.invariance.scores.distances import DistanceCurve, ImageDistances
from vizkit.probing.invariance.scores.goodfellow import Goodfellow
from vizkit.probing.invariance.scores.selectivity import Selectivity, VarianceRatio
from vizkit.probing.invariance.words import distance_text, number_text, score_text
from vizkit.probing.readers import PIXELS
from vizkit.probing.uncertainty import Estimate
from vizkit.result import Result, plain_dict
from vizkit.text import aligned

SHARE = 0.2
"""Of all units of a layer, those with the best scores, which stand for it."""

_LEGEND = f"""\
distance: how far the layer's output moves, mean over the values; 1 is as far as to another image.
another image: the same of the transformed version of another one. score: of Goodfellow et al.
(2009), of the best {SHARE:.0%} of the units; chance is 1. sparseness: median over the units of how
unequally they answer to the images, 0 to 1; without it no score means anything."""
_COARSE = "\nscore is coarse: units fire for fewer than ten samples. Give more values or images."


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

    @property
    def sparseness(self) -> float:
        """Median over the units of how unequally they answer to the images, 0 to 1."""
        return float(self.selectivity.sparseness.nanmedian())


@dataclass(frozen=True, eq=False, repr=False)
class Invariance(Result):
    """Invariance of the layers of a network under a transform.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    transform, unit : the transform's name and the unit of its parameter.
    values : of the parameter.
    layers : in the order asked for.
    pixels : of the images themselves: what an identity network shows.
    distances : by layer, of each image at the values other than the identity.
    resampling : largest error of the transform's own interpolation, see `Transform.floor`.
    images : number of images.
    passes : number of images that went through the network, which does not depend on the number
        of layers, units and scores.
    compared : at those of the values alone that the baseline was shown; None where these are all.
    baseline : of the same architecture with random weights; None where it was left out.
    """

    network: str
    random: bool
    transform: str
    unit: str
    values: tuple[float, ...]
    layers: Mapping[str, LayerScores]
    pixels: LayerScores
    distances: Mapping[str, ImageDistances]
    resampling: float
    images: int
    passes: int
    compared: Invariance | None = None
    baseline: Invariance | None = None

    plot = "invariance_depth"

    def __getitem__(self, layer: str) -> LayerScores:
        return self.pixels if layer == PIXELS else self.layers[layer]

    @property
    def beside_baseline(self) -> Invariance:
        """What the baseline is to be held against: the same images at the same values."""
        return self.compared or self

    @property
    def coarse(self) -> bool:
        """Whether there are so few values that units may fire for fewer than ten samples."""
        return any(each.goodfellow.coarse for each in (self.pixels, *self.layers.values()))

    def distance(self, layer: str) -> Estimate:
        """How far the layer moves, mean over the values; 1 is as far as another image."""
        return self.distances[layer].mean_moved

    def null(self, layer: str) -> Estimate:
        """The same from the transformed version of another image."""
        return self.distances[layer].mean_other

    def score(self, layer: str, share: float = SHARE) -> Estimate:
        """Inv_p of Goodfellow et al. of the layer, of the best `share` of its units."""
        return self[layer].goodfellow.layer(share)

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<Invariance of {self.network} to {self.transform} at {len(self.values)} "
            f"values, {len(self.layers)} layer{'s'[: len(self.layers) != 1]}, {self.images} images"
            f"{badge}>"
        )

    def __str__(self) -> str:
        head = ("LAYER", "DISTANCE", "ANOTHER IMAGE", "SCORE", "SPARSENESS")
        rows = [
            (
                name or "pixels",
                distance_text(self.distance(name)) if self.distances else "-",
                distance_text(self.null(name)) if self.distances else "-",
                score_text(self.score(name)),
                number_text(self[name].sparseness),
            )
            for name in (PIXELS, *self.layers)
        ]
        table = aligned([head, *rows], range(1, len(head)))
        coarse = _COARSE if self.coarse else ""
        return f"{repr(self)[1:-1]}\n{table}\n{_LEGEND}{coarse}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data of the layers; NaN becomes None."""
        content = {
            "network": self.network,
            "random": self.random,
            "family": self.transform,
            "unit": self.unit,
            "parameter": self.values,
            "images": self.images,
            "pixels": self.pixels.distance.distance,
            "layers": [
                {
                    "layer": each.layer,
                    "invariance": self.score(each.layer)[:3],
                    "scores": each.goodfellow.score,
                    "status": each.goodfellow.status,
                    "coarse": each.goodfellow.coarse,
                    "sparseness": each.selectivity.sparseness,
                    "variance_ratio": each.variance.ratio,
                    **vars(each.distance),
                }
                for each in self.layers.values()
            ],
        }
        return plain_dict(content)
