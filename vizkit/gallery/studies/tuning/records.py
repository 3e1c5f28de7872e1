"""What is stored of a unit's tuning: plain numbers, rounded to what a page can show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import Tensor

from vizkit.errors import VizkitError
from vizkit.gallery.studies.tuning.probes import GRATING
from vizkit.gallery.studies.tuning.sweeps import Sweep
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid
from vizkit.probing.invariance.scores.distances import DistanceCurve
from vizkit.probing.invariance.scores.goodfellow import Goodfellow, goodfellow
from vizkit.probing.invariance.scores.selectivity import VarianceRatio, selectivity, variance_ratio
from vizkit.probing.orientation import (
    ORIENTATIONS,
    OrientationTuning,
    no_gratings,
    orientation_tuning,
)
from vizkit.probing.tuning.curve import TuningCurve, measured_curve
from vizkit.stimuli import stimulus, varied

_RATE = 0.1
"""Firing rate of the score of Goodfellow et al.; theirs, 1 %, takes a thousand images."""


def orientation_or_why(
    network: Network, layer: str, follow: Callable[[], None]
) -> OrientationTuning | str:
    """Tuning of a layer to the orientation of gratings, or why they were left out, in words."""
    if why := no_gratings(network, layer):
        return why
    try:
        return orientation_tuning(network, layer, follow)
    except (VizkitError, RuntimeError):
        return "the network takes no images as small as what one unit sees"


class LayerRecords:
    """Records of the channels of one layer.

    Scores are calculated for all channels at once, planned or not, so that no bit of them depends
    on which are planned.

    Parameters
    ----------
    layer : name of the layer in `sweeps`.
    address : of the layer, before a channel's number.
    sweeps : by transform.
    gratings : of the layer, or why there are none.
    """

    def __init__(
        self,
        layer: str,
        address: str,
        sweeps: Mapping[str, Sweep],
        gratings: OrientationTuning | str,
        *,
        random: bool,
    ) -> None:
        self._address = address
        self._sweeps = sweeps
        self._responses = {name: each.responses[layer] for name, each in sweeps.items()}
        self._originals = {name: each.originals[layer] for name, each in sweeps.items()}
        self._ratios = {n: variance_ratio(each) for n, each in self._responses.items()}
        self._fires: Goodfellow | None = None
        if "rotation" in sweeps:
            own = self._originals["rotation"], self._responses["rotation"]
            self._fires = goodfellow(*own, rate=_RATE)
        # The images as they are; a rotation shows a disc of them.
        self._images = self._originals["contrast"]
        self._selectivity = selectivity(self._images)
        self._gratings = gratings
        self._layer = {
            name: {
                "moved": _moved(each.moved[layer]),
                "null": _plain(float(each.moved[layer].null[0])),
                "pixels": _plain(float(each.pixels.distance[0])),
            }
            for name, each in sweeps.items()
        }
        self._random = random

    def of(self, channel: int) -> dict[str, Any]:
        """Record of a channel."""
        curves = [self._curve(name, each.grid, channel) for name, each in self._sweeps.items()]
        grating: dict[str, Any] | None = None
        if isinstance(self._gratings, OrientationTuning):
            grating = self._grating(channel)
        return {
            "images": len(self._images),
            "curves": curves,
            "grating": grating,
            "left_out": None if isinstance(self._gratings, OrientationTuning) else self._gratings,
            "ratios": {name: _ratio(each, channel) for name, each in self._ratios.items()},
            "goodfellow": None if self._fires is None else _score(self._fires, channel),
            "sparseness": _plain(float(self._selectivity.sparseness[channel])),
            "answers": int((self._images[:, channel] > 0).sum()),
            "layer": self._layer,
        }

    def _curve(self, name: str, swept: Grid, channel: int) -> dict[str, Any]:
        values = swept.values[0]
        curve = measured_curve(
            f"{self._address}:{channel}",
            swept.transforms[0],
            values,
            self._responses[name][:, :, channel],
            self._originals[name][:, channel],
            random=self._random,
            resampling=(0.0,) * len(values),
            seed=0,
        )
        return _curve(curve) | {"resampling": _plain(self._sweeps[name].resampling)}

    def _grating(self, channel: int) -> dict[str, Any]:
        assert isinstance(self._gratings, OrientationTuning)
        answers = self._gratings.responses[channel]
        curve = measured_curve(
            f"{self._address}:{channel}",
            varied(stimulus("grating"), "orientation", ORIENTATIONS),
            ORIENTATIONS,
            answers.clamp(min=0),
            self._images[:, channel],
            random=self._random,
            resampling=(0.0,) * len(ORIENTATIONS),
            seed=0,
        )
        below = curve.status == "silent" and bool(answers.any())
        return _curve(curve) | {
            "family": GRATING,
            "status": "negative" if below else curve.status,
            "wave": _plain(float(self._gratings.waves[channel])),
            "random_filters": _plain(self._gratings.floor),
            "size": list(self._gratings.size),
            "resampling": 0.0,
        }


def _curve(curve: TuningCurve) -> dict[str, Any]:
    return {
        "family": curve.sweep,
        "unit": curve.parameter_unit,
        "values": _numbers(curve.values),
        "period": curve.period,
        "response": _numbers(curve.response.tolist()),
        "low": _numbers(curve.low.tolist()),
        "high": _numbers(curve.high.tolist()),
        "peak": _numbers(curve.peak[:3]),
        "width": _numbers(curve.width[:3]),
        "floor": _plain(curve.height.floor),
        "circular_variance": _numbers(curve.circular_variance),
        "selectivity": _numbers(curve.selectivity),
        "images": curve.images,
        "status": curve.status,
    }


def _moved(curve: DistanceCurve) -> list[float | None]:
    return _numbers([float(each[0]) for each in (curve.distance, curve.low, curve.high)])


def _ratio(ratio: VarianceRatio, channel: int) -> list[float | None]:
    return _at((ratio.ratio, ratio.low, ratio.high), channel)


def _score(found: Goodfellow, channel: int) -> dict[str, Any]:
    return {
        "score": _at((found.score, found.low, found.high), channel),
        "ceiling": _plain(float(found.ceiling[channel])),
        "status": found.status[channel],
    }


def _at(each: Iterable[Tensor], channel: int) -> list[float | None]:
    return _numbers([float(part[channel]) for part in each])


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_plain(value) for value in values]


def _plain(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
