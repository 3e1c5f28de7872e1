"""The tuning curve of one unit, its numbers, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from vizkit.probing.grid import is_circle
from vizkit.probing.tuning.shape import (
    SYMMETRIES,
    circular_variance,
    peak,
    selectivity,
    symmetry,
    width,
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
from vizkit.transforms.definition import Transform

CurveStatus = Literal["ok", "edge", "constant", "negative", "silent", "not finite"]

STATUS: dict[CurveStatus, str] = {
    "ok": "the curve has a peak within the sweep",
    "edge": "the highest response is at an end of the sweep: the peak may lie beyond it",
    "constant": "the value changes no image's response",
    "negative": "there is no positive response: the peak is where the unit is inhibited least",
    "silent": "every response to these images is 0; others may drive the unit",
    "not finite": "a response is infinite or not a number",
}
"""What each word says of a curve."""

DRAWS = 500
"""Draws of images for intervals."""

CHANCE = 200
"""Curves of chance for floors."""

_ROUNDING = 1e-6
"""Change of a response, as a share of the largest, that is rounding."""


@dataclass(frozen=True, eq=False)
class TuningCurve:
    """Mean response of one unit to images, over the values of one transform or parameter.

    Attributes
    ----------
    address : the unit.
    sweep, parameter_unit : what was varied, e.g. ``"rotation"``, and what `values` are measured in.
    values : V, ascending.
    period : of values that go round a full circle in equal steps; else None.
    response : mean over the images, V, float64.
    low, high : ends of its interval, V; NaN for a single image.
    mean, std : of the responses to untransformed images.
    peak : place of the highest response, by a parabola through the top three values. No floor.
    height : the highest response among the values.
    width : full width of the peak, halfway between its height and the lowest response; NaN where
        the curve does not come down to that within the sweep. No floor: chance is narrow too.
    selectivity : one minus mean over maximum: 0 for a constant, near 1 for a rare response.
    circular_variance : 0 if a single value drives the unit, 1 if all do alike; NaN unless the
        values go round a circle. Its floor is passed downwards.
    symmetry : by order, the share of the curve's variance that symmetry of this order explains;
        about 1 / order by chance alone. Empty unless the values go round a circle.
    images : number of images.
    status : see `STATUS`.
    random : True when the network's weights were never trained.
    resampling : error of the transform itself at each value, see `Transform.floor`; the response of
        a network that only copies its input would be as wrong as that.
    """

    address: str
    sweep: str
    parameter_unit: str
    values: tuple[float, ...]
    period: float | None
    response: Tensor
    low: Tensor
    high: Tensor
    mean: float
    std: float
    peak: Estimate
    height: Estimate
    width: Estimate
    selectivity: Estimate
    circular_variance: Estimate
    symmetry: dict[int, Estimate]
    images: int
    status: CurveStatus
    random: bool
    resampling: tuple[float, ...]

    @property
    def sigma(self) -> Tensor:
        """Response in standard deviations above the mean over untransformed images, V.

        NaN where there is one image only, or all untransformed images give the same response.
        """
        return (self.response - self.mean) / (self.std if self.std > 0 else math.nan)

    @property
    def scores(self) -> dict[str, Estimate]:
        """All numbers by name; symmetry of order 2 is ``"symmetry 2"``."""
        own = ("peak", "height", "width", "selectivity", "circular_variance")
        by_order = {f"symmetry {order}": score for order, score in self.symmetry.items()}
        return {name: getattr(self, name) for name in own} | by_order

    @property
    def symmetric_orders(self) -> tuple[int, ...]:
        """Orders of symmetry that explain more of the curve than chance does, ascending."""
        return tuple(order for order, score in self.symmetry.items() if score.low > score.floor)

    def __str__(self) -> str:
        lines = [f"{self.address} over {self.sweep} of {self.images} images: {self.status}"]
        for name, score in self.scores.items():
            if math.isfinite(score.value):
                ends = f" [{score.low:.3g}, {score.high:.3g}]" if math.isfinite(score.low) else ""
                floor = f", floor {score.floor:.3g}" if math.isfinite(score.floor) else ""
                lines.append(f"  {name.replace('_', ' '):<18}{score.value:.3g}{ends}{floor}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data as ``vizkit probe --json`` prints it; None for what does not exist."""
        return {
            "address": self.address,
            "family": self.sweep,
            "parameter": list(self.values),
            "response": [known(each) for each in self.response.tolist()],
            "low": [known(each) for each in self.low.tolist()],
            "high": [known(each) for each in self.high.tolist()],
            "peak": known(self.peak.value),
            "width": known(self.width.value),
            "floor": known(self.height.floor),
            "images": self.images,
            "status": self.status,
            "unit": self.parameter_unit,
            "sigma": [known(each) for each in self.sigma.tolist()],
            "scores": {name: score.as_dict() for name, score in self.scores.items()},
        }


def measured_curve(
    address: str,
    transform: Transform,
    values: tuple[float, ...],
    responses: Tensor,
    untransformed: Tensor,
    *,
    random: bool,
    resampling: tuple[float, ...],
    seed: int,
) -> TuningCurve:
    """Tuning curve of one unit.

    Parameters
    ----------
    responses : images x V.
    untransformed : responses to any number of images at the identity.
    seed : of the draws of images.
    """
    each = responses.double()
    images = len(each)
    period = transform.period if is_circle(values, transform.period) else None
    places = torch.tensor(values, dtype=torch.float64)
    status = measured_status(each, [period is not None])
    mean = each.mean(0)
    weights = resampled_weights(images, DRAWS, seed) / images
    draws = weights @ each if status != "not finite" else each.new_full((1, len(values)), math.nan)
    low, high = interval(draws, images)
    chance: Tensor | None = None
    if images > 1 and status in ("ok", "edge", "negative"):
        chance = shifted_means(each, CHANCE, torch.Generator().manual_seed(seed))
    moves = status in ("ok", "edge", "negative")

    def score(
        of: Callable[[Tensor], Tensor], *, floored: bool = True, downwards: bool = False
    ) -> Estimate:
        if not moves:
            return NOTHING
        ends = interval(of(draws), images)
        floor = math.nan
        if chance is not None and floored:
            by_chance = of(chance).nanquantile(1 - LEVEL if downwards else LEVEL)
            floor = float(by_chance)
        return Estimate(float(of(mean)), float(ends[0]), float(ends[1]), floor)

    place = NOTHING
    if moves:
        best = peak(mean, places, period)[0]
        ends = interval(peak(draws, places, period)[0], images, best, period)
        place = Estimate(float(best), float(ends[0]), float(ends[1]), math.nan)
    circle = period is not None
    return TuningCurve(
        address=address,
        sweep=transform.name,
        parameter_unit=transform.unit,
        values=values,
        period=period,
        response=mean,
        low=low,
        high=high,
        mean=float(untransformed.double().mean()),
        std=float(untransformed.double().std(correction=0)) if len(untransformed) > 1 else math.nan,
        peak=place,
        height=score(lambda curves: curves.amax(-1)),
        width=score(lambda curves: width(curves, places, period), floored=False),
        selectivity=score(selectivity),
        circular_variance=score(circular_variance, downwards=True) if circle else NOTHING,
        symmetry={n: score(partial(symmetry, order=n)) for n in SYMMETRIES} if circle else {},
        images=images,
        status=status,
        random=random,
        resampling=resampling,
    )


def measured_status(
    responses: Tensor, circles: Sequence[bool], shape: Sequence[int] | None = None
) -> CurveStatus:
    """CurveStatus of responses, images x points.

    Parameters
    ----------
    circles : for each parameter, whether its values go round.
    shape : number of values of each parameter; needed where there are several.
    """
    if not bool(responses.isfinite().all()):
        return "not finite"
    if not bool(responses.any()):
        return "silent"
    change = responses.amax(1) - responses.amin(1)
    if float(change.max()) <= _ROUNDING * float(responses.abs().max()):
        return "constant"
    mean = responses.mean(0).view(-1 if shape is None else tuple(shape))
    if float(mean.max()) <= 0:
        return "negative"
    top = torch.unravel_index(mean.argmax(), mean.shape)
    for place, side, circle in zip(top, mean.shape, circles, strict=True):
        if int(place) in (0, side - 1) and not circle:
            return "edge"
    return "ok"
