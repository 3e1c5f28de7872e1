"""The response of one unit over two parameters at once, its peak, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vizkit.probing.grid import JOINTLY
from vizkit.probing.tuning.curve import (
    CHANCE,
    DRAWS,
    CurveStatus,
    TuningCurve,
    measured_curve,
    measured_status,
)
from vizkit.probing.uncertainty import (
    LEVEL,
    NOTHING,
    Estimate,
    interval,
    known,
    resampled_weights,
    shifted_means,
)
from vizkit.probing.unit_responses import UnitResponses


@dataclass(frozen=True, eq=False)
class TuningSurface:
    """Mean response of one unit over two transforms.

    Attributes
    ----------
    address : the unit.
    response : mean over the images, one row for each value of the first transform, float64.
    low, high : ends of its interval, of the same shape; NaN for a single image.
    height : the highest response. Its floor is what one in twenty surfaces of chance reaches, made
        of the same images with each one's surface moved along both ways at random.
    through_peak : curve over each transform, at the value of the other that the highest response
        has.
    status : see `vizkit.probing.tuning.curve.STATUS`; ``"edge"`` if the peak is at an end of
        either transform.
    """

    address: str
    response: Tensor
    low: Tensor
    high: Tensor
    height: Estimate
    through_peak: tuple[TuningCurve, TuningCurve]
    status: CurveStatus

    @property
    def sweep(self) -> str:
        """Names of both, e.g. ``"rotation*scale"``."""
        return JOINTLY.join(each.sweep for each in self.through_peak)

    @property
    def values(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of both transforms."""
        first, second = self.through_peak
        return first.values, second.values

    @property
    def images(self) -> int:
        """Number of images."""
        return self.through_peak[0].images

    @property
    def peak(self) -> tuple[float, float]:
        """Place of the highest response in both parameters; NaN where there is none."""
        first, second = self.through_peak
        return first.peak.value, second.peak.value

    @property
    def sigma(self) -> Tensor:
        """Response in standard deviations above the mean over untransformed images."""
        first, _ = self.through_peak
        return (self.response - first.mean) / (first.std if first.std > 0 else math.nan)

    def as_dict(self) -> dict[str, Any]:
        """Plain data as ``vizkit probe --json`` prints it: as of a curve, with two of each."""
        through = self.through_peak
        return {
            "address": self.address,
            "family": self.sweep,
            "parameter": [list(each) for each in self.values],
            **{name: _rows(getattr(self, name)) for name in ("response", "low", "high")},
            "peak": [known(each) for each in self.peak],
            "width": [known(each.width.value) for each in through],
            "floor": known(self.height.floor),
            "images": self.images,
            "status": self.status,
            "unit": [each.parameter_unit for each in through],
            "sigma": _rows(self.sigma),
            "scores": {
                "peak": [each.peak.as_dict() for each in through],
                "width": [each.width.as_dict() for each in through],
                "height": self.height.as_dict(),
            },
        }


def measured_surface(found: UnitResponses, *, random: bool, seed: int) -> TuningSurface:
    """Surface of a unit that was swept over two parameters.

    Parameters
    ----------
    random : True for a network that was never trained.
    seed : of the draws of images.
    """
    shape = found.grid.shape
    flat = found.responses.double()
    images = len(flat)
    every = flat.reshape(images, *shape)
    mean = every.mean(0)
    top = [int(each) for each in torch.unravel_index(mean.argmax(), mean.shape)]
    floor = torch.tensor(found.resampling).view(shape)
    curves = [
        measured_curve(
            found.address,
            found.grid.transforms[axis],
            found.grid.values[axis],
            every.select(2 - axis, top[1 - axis]),
            found.untransformed,
            random=random,
            resampling=tuple(floor.select(1 - axis, top[1 - axis]).tolist()),
            seed=seed,
        )
        for axis in (0, 1)
    ]
    status = measured_status(flat, [curve.period is not None for curve in curves], shape)
    finite = status != "not finite"
    draws = resampled_weights(images, DRAWS, seed) / images @ flat if finite else flat * math.nan
    low, high = (each.view(shape) for each in interval(draws, images))
    height = NOTHING
    if status in ("ok", "edge", "negative"):
        chance = math.nan
        if images > 1:
            moved = shifted_means(every, CHANCE, torch.Generator().manual_seed(seed))
            chance = float(moved.amax((1, 2)).quantile(LEVEL))
        ends = interval(draws.amax(1), images)
        height = Estimate(float(mean.max()), float(ends[0]), float(ends[1]), chance)
    return TuningSurface(found.address, mean, low, high, height, (curves[0], curves[1]), status)


def _rows(numbers: Tensor) -> list[list[float | None]]:
    return [[known(each) for each in row] for row in numbers.tolist()]
