"""The report of a whole network's invariance: numbers, findings, and both as text and as data."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from vizkit.probing.invariance.report.findings import Finding, findings
from vizkit.probing.invariance.report.measurements import Measurements, TransformReport
from vizkit.probing.invariance.report.table import table
from vizkit.probing.invariance.scored import Invariance
from vizkit.probing.orientation import OrientationTuning
from vizkit.probing.readers import PIXELS


class InvarianceReport(Measurements):
    """What was measured of a whole network, and what follows from it.

    ``str(report)`` is a table, `vizkit.plots.invariance_report` a figure.
    """

    def __str__(self) -> str:
        return table(self, self.findings)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Known directions, each confirmed or not by the numbers of this report."""
        return findings(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        found = {
            "network": self.network,
            "random": self.weights_random,
            "images": self.images,
            "passes": self.passes,
            "random_passes": self.random_passes,
            "skipped": [list(each) for each in self.skipped],
            "share": self.share,
            "rate": self.rate,
            "families": [_transform(self, each) for each in self.transforms],
            "layers": [_layer(self, name) for name in self.layers],
            "motion": None if self.motion is None else self.motion.as_dict(),
            "filters": None if self.filters is None else vars(self.filters),
            "findings": [vars(each) for each in self.findings],
        }
        known: dict[str, Any] = _known(found)
        return known


def _transform(report: Measurements, transform: TransformReport) -> dict[str, Any]:
    return {
        "family": transform.name,
        "unit": transform.unit,
        "parameter": list(transform.full.values),
        "compared": list(transform.trained.values),
        "resampling": transform.resampling,
        "pixels": _curves(transform.full, PIXELS, report.share)
        | {"distance": transform.trained.distance(PIXELS)},
        "layers": [
            {"layer": name}
            | _curves(transform.full, name, report.share)
            | {
                "distance": transform.trained.distance(name),
                "null": transform.trained.null(name),
                "score": transform.trained.score(name, report.share),
                "random": None
                if transform.random is None
                else {
                    "distance": transform.random.distance(name),
                    "score": transform.random.score(name, report.share),
                },
            }
            for name in report.layers
        ],
    }


def _curves(scored: Invariance, layer: str, share: float) -> dict[str, Any]:
    own = scored[layer]
    return {
        "curve": own.distance.distance.tolist(),
        "low": own.distance.low.tolist(),
        "high": own.distance.high.tolist(),
        "curve_null": own.distance.null.tolist(),
        "score_of_all_values": own.goodfellow.layer(share),
        "coarse": own.goodfellow.coarse,
    }


def _layer(report: Measurements, name: str) -> dict[str, Any]:
    contrast = report.contrast.get(name)
    return {
        "layer": name,
        "shape": list(report.shapes[name]),
        "sparseness": report.sparseness[name],
        "silent": report.silent[name],
        "random_silent": report.random_silent.get(name),
        "orientation": _orientation(report.orientation.get(name)),
        "random_orientation": _orientation(report.random_orientation.get(name)),
        "contrast": None if contrast is None else vars(contrast),
    }


def _orientation(found: OrientationTuning | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("diameter", "cycles", "floor", "tuned", "variance", "width", "passes")
    return {each: getattr(found, each) for each in names}


def _known(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _known(dict(zip(("value", "low", "high"), value, strict=False)))
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    return [_known(each) for each in value] if isinstance(value, list | tuple) else value
