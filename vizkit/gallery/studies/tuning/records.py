"""A unit's tuning, measured and stored: plain numbers, rounded to what a page can show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor

from vizkit.errors import VizkitError
from vizkit.gallery.studies.tuning.probes import GRATING, values_for
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, grid
from vizkit.probing.invariance.network_scores import NetworkScores
from vizkit.probing.invariance.scores.goodfellow import Goodfellow, goodfellow
from vizkit.probing.invariance.scores.selectivity import selectivity, variance_ratio
from vizkit.probing.orientation import (
    ORIENTATIONS,
    OrientationTuning,
    no_gratings,
    orientation_tuning,
)
from vizkit.probing.readers import PIXELS
from vizkit.probing.responses import UnitResponses
from vizkit.probing.tuning.scores import measured
from vizkit.stimuli import stimulus, varied
from vizkit.unit import Unit

BATCH = 4
_RATE = 0.1
"""Firing rate of the score of Goodfellow et al.; theirs, 1 %, takes a thousand images."""


def sweep_layers(
    network: Network,
    layers: Sequence[str],
    images: Tensor,
    probes: Iterable[str],
    follow: Callable[[], None],
) -> NetworkScores:
    """What the transforms do to all `layers`: one pass for each image and value.

    Parameters
    ----------
    images : B C H W in [0, 1].
    follow : called after every pass.
    """
    grids = [grid(name, values_for(name, network.input_size[1])) for name in probes]
    batches = list(network.batches(images, BATCH))
    scores = NetworkScores(network, layers, grids, batches[0])
    for batch in batches:
        scores.add(batch, follow)
    return scores


def orientation_or_why(network: Network, layer: str) -> OrientationTuning | str:
    """Tuning of a layer to the orientation of gratings, or why they were left out, in words."""
    if why := no_gratings(network, layer):
        return why
    try:
        return orientation_tuning(network, layer)
    except (VizkitError, RuntimeError):
        return "the network takes no images as small as what one unit sees"


class LayerRecords:
    """Records of the channels of one layer.

    Scores are calculated for all channels at once, planned or not, so that no bit of them depends
    on which are planned.

    Parameters
    ----------
    layer : name of the layer in `scores`.
    gratings : of the layer, or why there are none.
    """

    def __init__(
        self, layer: str, scores: NetworkScores, gratings: OrientationTuning | str
    ) -> None:
        self._network, self._info = scores.network, scores.network.layer(layer)
        self._gratings = gratings if isinstance(gratings, OrientationTuning) else None
        self._left_out = gratings if isinstance(gratings, str) else None
        self._sweeps: list[tuple[Grid, Tensor, Tensor, float]] = []
        self._ratios, self._layer = {}, {}
        self._fires: Goodfellow | None = None
        for number, swept in enumerate(scores.grids):
            name = swept.name
            originals, orbits = scores.responses(number, layer)
            self._sweeps.append((swept, originals, orbits, scores.resampling[number]))
            self._ratios[name] = variance_ratio(orbits)
            self._layer[name] = _moved(scores, number, layer)
            if name == "rotation":
                self._fires = goodfellow(originals, orbits, rate=_RATE)
            if name == "contrast":
                # The images as they are; a rotation shows a disc of them.
                self._images = originals
        self._selectivity = selectivity(self._images)

    def of(self, channel: int) -> dict[str, Any]:
        """Record of a channel."""
        unit = Unit(self._network.source, self._info, channel)
        return {
            "images": len(self._images),
            "curves": [
                self._curve(unit, swept, orbits, originals) | {"resampling": _plain(resampling)}
                for swept, originals, orbits, resampling in self._sweeps
            ],
            "grating": None if self._gratings is None else self._grating(unit, self._gratings),
            "left_out": self._left_out,
            "ratios": {
                name: _at((each.ratio, each.low, each.high), channel)
                for name, each in self._ratios.items()
            },
            "goodfellow": None if self._fires is None else _score(self._fires, channel),
            "sparseness": _plain(float(self._selectivity.sparseness[channel])),
            "answers": int((self._images[:, channel] > 0).sum()),
            "layer": self._layer,
        }

    def _curve(self, unit: Unit, swept: Grid, orbits: Tensor, originals: Tensor) -> dict[str, Any]:
        """Curve of `unit`, of responses images x values x channels and images x channels."""
        responses, untransformed = orbits[:, :, unit.channel], originals[:, unit.channel]
        floor = (0.0,) * len(swept.points)
        read = UnitResponses(unit, swept, responses, untransformed, floor)
        curve = measured(read, random=self._network.weights.random, seed=0)
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

    def _grating(self, unit: Unit, gratings: OrientationTuning) -> dict[str, Any]:
        orientation = varied(stimulus("grating"), "orientation", ORIENTATIONS)
        swept = Grid((orientation,), (ORIENTATIONS,))
        answers = gratings.responses.permute(1, 2, 0)
        curve = self._curve(unit, swept, answers.clamp(min=0), self._images)
        below = curve["status"] == "silent" and bool(answers[:, :, unit.channel].any())
        return curve | {
            "family": GRATING,
            "status": "negative" if below else curve["status"],
            "wave": _plain(float(gratings.waves[unit.channel])),
            "random_filters": _plain(gratings.floor),
            "size": list(gratings.size),
            "resampling": 0.0,
        }


def _moved(scores: NetworkScores, number: int, layer: str) -> dict[str, Any]:
    """How far the layer's output and the images move, mean over the values but the identity."""
    output, pixels = (scores.distances(number, name) for name in (layer, PIXELS))
    return {
        "moved": _numbers(output.mean_moved[:3]),
        "null": _plain(output.mean_other.value),
        "pixels": _plain(pixels.mean_moved.value),
    }


def _score(fires: Goodfellow, channel: int) -> dict[str, Any]:
    return {
        "score": _at((fires.score, fires.low, fires.high), channel),
        "ceiling": _plain(float(fires.ceiling[channel])),
        "status": fires.status[channel],
    }


def _at(each: Iterable[Tensor], channel: int) -> list[float | None]:
    return _numbers([float(part[channel]) for part in each])


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_plain(value) for value in values]


def _plain(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
