"""A report as plain data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vizkit.probing.score_tally import PIXELS

if TYPE_CHECKING:
    from vizkit.probing.report.orientation import OrientationTuning
    from vizkit.probing.report.result import FamilyReport, InvarianceReport
    from vizkit.probing.report.scored import Scored


def as_dict(report: InvarianceReport) -> dict[str, Any]:
    """Everything that `report` shows; NaN becomes None."""
    found = {
        "network": report.network,
        "random": report.weights_random,
        "images": report.images,
        "passes": report.passes,
        "random_passes": report.random_passes,
        "skipped": [list(each) for each in report.skipped],
        "share": report.share,
        "rate": report.rate,
        "families": [_family(report, each) for each in report.families],
        "layers": [_layer(report, name) for name in report.layers],
        "motion": None if report.motion is None else report.motion.as_dict(),
        "filters": None if report.filters is None else vars(report.filters),
        "findings": [vars(each) for each in report.findings],
    }
    known: dict[str, Any] = _known(found)
    return known


def _family(report: InvarianceReport, family: FamilyReport) -> dict[str, Any]:
    return {
        "family": family.name,
        "unit": family.unit,
        "parameter": list(family.full.values),
        "compared": list(family.trained.values),
        "resampling": family.resampling,
        "pixels": _scored(family.full, PIXELS, report.share)
        | {"distance": family.trained.distance(PIXELS)},
        "layers": [
            {"layer": name}
            | _scored(family.full, name, report.share)
            | {
                "distance": family.trained.distance(name),
                "null": family.trained.null(name),
                "score": family.trained.score(name, report.share),
                "random": None
                if family.random is None
                else {
                    "distance": family.random.distance(name),
                    "score": family.random.score(name, report.share),
                },
            }
            for name in report.layers
        ],
    }


def _scored(scored: Scored, layer: str, share: float) -> dict[str, Any]:
    own = scored.layers[layer]
    return {
        "curve": own.distance.distance.tolist(),
        "low": own.distance.low.tolist(),
        "high": own.distance.high.tolist(),
        "curve_null": own.distance.null.tolist(),
        "score_of_all_values": own.goodfellow.layer(share),
        "coarse": own.goodfellow.coarse,
    }


def _layer(report: InvarianceReport, name: str) -> dict[str, Any]:
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
        return _known(value._asdict())
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    return [_known(each) for each in value] if isinstance(value, list | tuple) else value
