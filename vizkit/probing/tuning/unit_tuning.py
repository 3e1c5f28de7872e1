"""The tuning of one unit: its mean response over one parameter or two, and what it amounts to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from vizkit.probing.grid import Grid
from vizkit.probing.uncertainty import NOTHING, Estimate
from vizkit.result import Result, plain_dict
from vizkit.unit import Unit

Status = Literal["ok", "edge", "constant", "negative", "silent", "not finite"]

STATUS: dict[Status, str] = {
    "ok": "there is a peak within the sweep",
    "edge": "the highest response is at an end of the sweep: the peak may lie beyond it",
    "constant": "the value changes no image's response",
    "negative": "there is no positive response: the peak is where the unit is inhibited least",
    "silent": "every response to these images is 0; others may drive the unit",
    "not finite": "a response is infinite or not a number",
}
"""What each word says of a unit's tuning."""


@dataclass(frozen=True, eq=False)
class UnitTuning(Result):
    """Mean response of one unit to images, over the values of one parameter or of two at once.

    Attributes
    ----------
    unit : the unit.
    grid : transforms and values; see `sweep`, `values` and `parameter_unit`.
    period : of values that go round a full circle in equal steps; else None.
    response : mean over the images, V, float64; of two parameters a row for each of the first.
    low, high : ends of its interval, of the same shape; NaN for a single image.
    mean, std : of the responses to untransformed images.
    height : the highest response among the values. Its interval, as those of all that follows, is
        of the same number of other draws of images; a draw has a maximum of its own, wherever that
        is, and maxima of fewer images are higher: over a flat curve the interval of the height, and
        of the selectivity, lies above the number itself. What holds the response at the peak is
        `low` and `high` there. The floor of the height is what one in twenty of chance
        reach, made of the same images with each one's curve or surface moved along at random.
    images : number of images.
    status : see `STATUS`.
    random : True when the network's weights were never trained.
    resampling : error of the transform itself at each point of the grid, see `Transform.floor`; the
        response of a network that only copies its input would be as wrong as that.
    peak : place of the highest response, by a parabola through the top three values. No floor. This
        and what follows is `NOTHING` for two parameters, which `through_peak` has one by one.
    width : full width of the peak, halfway between its height and the lowest response; NaN where
        the curve does not come down to that within the sweep. No floor: chance is narrow too.
    selectivity : one minus mean over maximum: 0 for a constant, near 1 for a rare response.
    circular_variance : 0 if a single value drives the unit, 1 if all do alike; NaN unless the
        values go round a circle. Its floor is passed downwards.
    symmetry : by order, the share of the curve's variance that symmetry of this order explains;
        about 1 / order by chance alone. Empty unless the values go round a circle.
    through_peak : of two parameters, the curve over each at the value of the other that the highest
        response has; empty for one.
    """

    plot = "tuning_figure"

    unit: Unit
    grid: Grid
    period: float | None
    response: Tensor
    low: Tensor
    high: Tensor
    mean: float
    std: float
    height: Estimate
    images: int
    status: Status
    random: bool
    resampling: tuple[float, ...]
    peak: Estimate = NOTHING
    width: Estimate = NOTHING
    selectivity: Estimate = NOTHING
    circular_variance: Estimate = NOTHING
    symmetry: dict[int, Estimate] = field(default_factory=dict)
    through_peak: tuple[UnitTuning, ...] = ()

    @property
    def sweep(self) -> str:
        """What was varied, e.g. ``"rotation"`` or ``"rotation*scale"``."""
        return self.grid.name

    @property
    def curves(self) -> tuple[UnitTuning, ...]:
        """The curve over each parameter: those through the peak, or this one itself."""
        return self.through_peak or (self,)

    @property
    def values(self) -> tuple[Any, ...]:
        """Ascending values; of two parameters those of each."""
        return self.grid.values if self.grid.joint else self.grid.values[0]

    @property
    def parameter_unit(self) -> str:
        """What the values of the first parameter are measured in."""
        return self.grid.transforms[0].unit

    @property
    def sigma(self) -> Tensor:
        """Response in standard deviations above the mean over untransformed images.

        NaN where there is one image only, or all untransformed images give the same response.
        """
        return (self.response - self.mean) / (self.std if self.std > 0 else math.nan)

    @property
    def scores(self) -> dict[str, Estimate]:
        """Numbers of one parameter by name; symmetry of order 2 is ``"symmetry 2"``."""
        names = ("peak", "height", "width", "selectivity", "circular_variance")
        by_order = {f"symmetry {order}": score for order, score in self.symmetry.items()}
        return {name: getattr(self, name) for name in names} | by_order

    @property
    def symmetric_orders(self) -> tuple[int, ...]:
        """Orders of symmetry that explain more of the curve than chance does, ascending."""
        return tuple(order for order, score in self.symmetry.items() if score.low > score.floor)

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        images = f"{self.images} image{'' if self.images == 1 else 's'}"
        return f"<UnitTuning of {self.unit} over {self.sweep}, {images}{badge}: {self.status}>"

    def __str__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        lines = [f"{self.unit} over {self.sweep} of {self.images} images{badge}: {self.status}"]
        for curve in self.curves:
            lines += [f" {curve.sweep}"] if self.through_peak else []
            for name, score in curve.scores.items():
                if math.isfinite(score.value):
                    floor = f", floor {score.floor:.3g}" if math.isfinite(score.floor) else ""
                    lines.append(f"  {name.replace('_', ' '):<18}{score}{floor}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data as ``vizkit probe --json`` prints it; None for what does not exist.

        Of two parameters there are two values, peaks, widths and units each.
        """
        curves = self.curves

        def one_or_two(numbers: list[Any]) -> Any:
            return numbers if self.grid.joint else numbers[0]

        scores: dict[str, Any] = {name: score.as_dict() for name, score in self.scores.items()}
        if self.grid.joint:
            scores = {
                "peak": [curve.peak.as_dict() for curve in curves],
                "width": [curve.width.as_dict() for curve in curves],
                "height": self.height.as_dict(),
            }
        content = {
            "address": self.unit.address,
            "family": self.sweep,
            "parameter": one_or_two(list(self.grid.values)),
            "response": self.response,
            "low": self.low,
            "high": self.high,
            "peak": one_or_two([curve.peak.value for curve in curves]),
            "width": one_or_two([curve.width.value for curve in curves]),
            "floor": self.height.floor,
            "images": self.images,
            "status": self.status,
            "unit": one_or_two([curve.parameter_unit for curve in curves]),
            "sigma": self.sigma,
            "scores": scores,
        }
        return plain_dict(content)
