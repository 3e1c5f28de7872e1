"""The report of a whole network's invariance: numbers, findings, and both as text and as data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vizkit.errors import NotFoundError, nearest
from vizkit.probing.equivariance import Equivariance
from vizkit.probing.invariance.report.findings import Finding, findings
from vizkit.probing.invariance.report.linearity import BrightnessOfFilters, ContrastOfLayer
from vizkit.probing.invariance.report.table import table
from vizkit.probing.invariance.result import Invariance
from vizkit.probing.orientation import OrientationTuning
from vizkit.probing.readers import PIXELS
from vizkit.result import Result


@dataclass(frozen=True, eq=False, repr=False)
class InvarianceReport(Result):
    """Invariance of a whole network: every layer under every transform, with floors and intervals.

    Iterating gives an `Invariance` for each transform, ``report["rotation"]`` that of one.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    layers : in forward order.
    transforms : of each transform what `vizkit.invariance` gives, with that of random weights.
    pools : each pool with the layer before it.
    shapes : of each layer's output for one image.
    silent : by layer, the share of channels that give one number at every place of every image.
    random_silent : the same with random weights; empty without these.
    orientation, random_orientation : tuning to gratings, of some layers.
    motion : error of equivariance to a shift by one pixel, of interior units; None if left out.
    contrast : departure from proportionality to contrast.
    filters : what brightness does to the first convolution.
    share, rate : of the top-scoring units, and the global firing rate, of Goodfellow's scores.
    images : number of images.
    passes : number of images that went through the network for all transforms, layers and scores.
    random_passes : the same for random weights.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    random: bool
    layers: tuple[str, ...]
    transforms: tuple[Invariance, ...]
    pools: tuple[tuple[str, str], ...]
    shapes: Mapping[str, tuple[int, ...]]
    silent: Mapping[str, float]
    random_silent: Mapping[str, float]
    orientation: Mapping[str, OrientationTuning]
    random_orientation: Mapping[str, OrientationTuning]
    motion: Equivariance | None
    contrast: Mapping[str, ContrastOfLayer]
    filters: BrightnessOfFilters | None
    share: float
    rate: float
    images: int
    passes: int
    random_passes: int
    skipped: tuple[tuple[str, str], ...]

    plot = "invariance_report"

    def __iter__(self) -> Iterator[Invariance]:
        return iter(self.transforms)

    def __getitem__(self, transform: str) -> Invariance:
        result = self.under(transform)
        if result is None:
            names = [each.transform for each in self]
            raise NotFoundError(
                f"{transform!r} is not in the report. {nearest(transform, names)}\n"
                f"  It has: {', '.join(names)}."
            )
        return result

    def under(self, *names: str) -> Invariance | None:
        """That of the first transform of one of these names; None if there is none."""
        return next((each for each in self if each.transform in names), None)

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        names = ", ".join(each.transform for each in self)
        return (
            f"<InvarianceReport of {self.network} to {names}, {len(self.layers)} "
            f"layer{'s'[: len(self.layers) != 1]}, {self.images} images{badge}>"
        )

    def __str__(self) -> str:
        return table(self)

    @property
    def sparseness(self) -> dict[str, float]:
        """By layer, the median over channels of how unequally the unit in the middle answers.

        To the images, 0 to 1: a layer that answers to all alike ignores everything.
        """
        return {name: self.transforms[0][name].sparseness for name in self.layers}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Known directions, each confirmed or not by the numbers of this report."""
        return tuple(findings(self))

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        content: dict[str, Any] = _plain(
            {
                "network": self.network,
                "random": self.random,
                "images": self.images,
                "passes": self.passes,
                "random_passes": self.random_passes,
                "skipped": self.skipped,
                "share": self.share,
                "rate": self.rate,
                "families": [_transform(each, self.share) for each in self],
                "layers": [_layer(self, name) for name in self.layers],
                "motion": None if self.motion is None else self.motion.as_dict(),
                "filters": None if self.filters is None else vars(self.filters),
                "findings": [vars(each) for each in self.findings],
            }
        )
        return content


def _transform(found: Invariance, share: float) -> dict[str, Any]:
    compared = found.beside_baseline
    return {
        "family": found.transform,
        "unit": found.unit,
        "parameter": found.values,
        "compared": compared.values,
        "resampling": found.resampling,
        "pixels": _curves(found, PIXELS, share) | {"distance": compared.distance(PIXELS)},
        "layers": [
            {"layer": name}
            | _curves(found, name, share)
            | {
                "distance": compared.distance(name),
                "null": compared.null(name),
                "score": compared.score(name, share),
                "random": None
                if found.baseline is None
                else {
                    "distance": found.baseline.distance(name),
                    "score": found.baseline.score(name, share),
                },
            }
            for name in found.layers
        ],
    }


def _curves(found: Invariance, layer: str, share: float) -> dict[str, Any]:
    scores = found[layer]
    return {
        "curve": scores.distance.distance.tolist(),
        "low": scores.distance.low.tolist(),
        "high": scores.distance.high.tolist(),
        "curve_null": scores.distance.null.tolist(),
        "score_of_all_values": scores.goodfellow.layer(share),
        "coarse": scores.goodfellow.coarse,
    }


def _layer(report: InvarianceReport, name: str) -> dict[str, Any]:
    contrast = report.contrast.get(name)
    return {
        "layer": name,
        "shape": report.shapes[name],
        "sparseness": report.sparseness[name],
        "silent": report.silent[name],
        "random_silent": report.random_silent.get(name),
        "orientation": _orientation(report.orientation.get(name)),
        "random_orientation": _orientation(report.random_orientation.get(name)),
        "contrast": None if contrast is None else vars(contrast),
    }


def _orientation(tuned: OrientationTuning | None) -> dict[str, Any] | None:
    names = ("diameter", "cycles", "floor", "tuned", "variance", "width", "passes")
    return None if tuned is None else {name: getattr(tuned, name) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(dict(zip(("value", "low", "high"), value, strict=False)))
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
