"""Known directions, looked for in what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from vizkit.probing.invariance.report.measurements import Measurements, TransformReport
from vizkit.probing.invariance.scores.distances import ImageDistances
from vizkit.probing.uncertainty import Estimate, divided, interval, resampled_weights

_ROUNDING = 1e-4
"""Departure from an exact statement that float32 explains."""
_NARROW = 60.0
"""Full width in degrees up to which orientation tuning is called narrow; a third of the circle."""


@dataclass(frozen=True)
class Finding:
    """A statement that is known of networks, and whether it holds for this one.

    Attributes
    ----------
    name : what it is about.
    statement : in words.
    confirmed : whether the numbers bear it out.
    numbers : in words.
    values : by name.
    """

    name: str
    statement: str
    confirmed: bool
    numbers: str
    values: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        verdict = "confirmed" if self.confirmed else "not confirmed"
        return f"{self.name}: {self.statement}\n  {verdict}: {self.numbers}"


def findings(report: Measurements) -> tuple[Finding, ...]:
    """All that the report has the numbers for."""
    return (
        *_pooling(report),
        *_depth(report),
        *_orientation(report),
        *_contrast(report),
        *_brightness(report),
        *_mirror(report),
        *_training(report),
    )


def difference(
    first: ImageDistances, second: ImageDistances, columns: Sequence[int] | None = None
) -> Estimate:
    """Mean relative distance of `first` less that of `second`, of the same images.

    The interval is over images drawn anew for both alike; `columns` are the values that count.
    """
    chosen = slice(None) if columns is None else list(columns)
    weights = resampled_weights(len(first.between))
    both = [(each.moved[:, chosen].mean(1), each.between) for each in (first, second)]
    draws = [divided(weights @ over, weights @ under) for over, under in both]
    value = [float(divided(over.sum(), under.sum())) for over, under in both]
    low, high = interval(draws[0] - draws[1], len(first.between))
    return Estimate(value[0] - value[1], float(low), float(high))


def _pooling(report: Measurements) -> list[Finding]:
    transform = report.under("shift_x", "translation", "shift_y")
    if transform is None or not report.pools:
        return []
    moving = [value for value in transform.full.values if value]
    least = min(map(abs, moving))
    columns = [i for i, value in enumerate(moving) if abs(value) == least]
    found = transform.full.distances
    small, mean = (
        {
            f"{pool} - {before}": difference(found[pool], found[before], chosen)
            for before, pool in report.pools
        }
        for chosen in (columns, None)
    )
    sure = sum(each.high < 0 for each in small.values())
    over_all = sum(each.high < 0 for each in mean.values())
    return [
        Finding(
            "pooling",
            "a pooled layer moves less than the layer before it under the smallest shift, "
            f"{least:g} px.",
            sure == len(small),
            f"{sure} of {len(small)} pools, by "
            + ", ".join(f"{name} {_signed(each)}" for name, each in small.items())
            + f"; over all shifts up to {max(map(abs, moving)):g} px {over_all} of {len(mean)},"
            " by " + ", ".join(f"{each.value:+.2f}" for each in mean.values()),
            {name: each.value for name, each in small.items()},
        )
    ]


def _depth(report: Measurements) -> list[Finding]:
    found = []
    for name in ("shift_x", "scale", "rotation"):
        transform = report.under(name)
        if transform is None or len(report.layers) < 2:
            continue
        first, last = report.layers[0], report.layers[-1]
        change = difference(transform.trained.distances[last], transform.trained.distances[first])
        found.append(
            Finding(
                f"depth, {name}",
                "the last layer moves less than the first, beside other images.",
                change.high < 0,
                f"{last} {_pm(transform.trained.distance(last))}, "
                f"{first} {_pm(transform.trained.distance(first))}, difference {_signed(change)}",
                {"difference": change.value},
            )
        )
    return found


def _orientation(report: Measurements) -> list[Finding]:
    if not report.orientation:
        return []
    early = list(report.orientation.values())[: max(1, math.ceil(len(report.orientation) / 2))]
    shares = {each.layer: each.tuned.value for each in early}
    widths = {each.layer: each.width.value for each in early}
    good = [name for name in shares if shares[name] > 0.5 and widths[name] <= _NARROW]
    return [
        Finding(
            "orientation",
            "in early layers most channels are tuned to orientation more sharply than filters of "
            f"noise, and narrowly (half of the peak's height within {_NARROW:g} degrees).",
            len(good) == len(early),
            f"{len(good)} of {len(early)} layers: "
            + ", ".join(
                f"{each.layer} {_percent(each.tuned.value)} tuned"
                + ("" if math.isnan(each.width.value) else f", {each.width.value:.0f} degrees")
                for each in early
            ),
            shares,
        )
    ]


def _contrast(report: Measurements) -> list[Finding]:
    if not report.contrast:
        return []
    own = {layer: each.own for layer, each in report.contrast.items()}
    bare = {layer: each.unbiased for layer, each in report.contrast.items()}
    most, left = max(own, key=lambda name: own[name]), max(bare, key=lambda name: bare[name])
    first = next((layer for layer in bare if bare[layer] > _ROUNDING), None)
    where = "" if first is None else f", beginning with {first}"
    return [
        Finding(
            "contrast",
            "without biases every layer is exactly proportional to contrast about the mean that "
            "preprocessing takes off.",
            bare[left] <= _ROUNDING,
            f"departure without biases at most {bare[left]:.2g} ({left}){where}; "
            f"with them up to {own[most]:.2g} ({most})",
            {"unbiased": bare[left], "own": own[most]},
        )
    ]


def _brightness(report: Measurements) -> list[Finding]:
    filters = report.filters
    if filters is None:
        return []
    return [
        Finding(
            "brightness",
            "what brightness adds to the first convolution is the sum of each filter, the same at "
            "every place of every image.",
            filters.error <= 100 * _ROUNDING,
            f"{filters.layer} departs from that by at most {filters.error:.1g} standard deviations;"
            f" 0.1 of the range moves the median channel by {filters.gain:.2f} of them, "
            f"{_percent(filters.blind)} of channels by less than 0.1",
            {"error": filters.error, "gain": filters.gain, "blind": filters.blind},
        )
    ]


def _mirror(report: Measurements) -> list[Finding]:
    sides, upside = report.under("reflection_x"), report.under("reflection_y")
    if sides is None or upside is None:
        return []
    last = report.layers[-1]
    change = difference(sides.trained.distances[last], upside.trained.distances[last])
    return [
        Finding(
            "mirror",
            "the last layer moves less when left and right are swapped than top and bottom.",
            change.high < 0,
            f"{last} {_pm(sides.trained.distance(last))} and "
            f"{_pm(upside.trained.distance(last))}, difference {_signed(change)}",
            {"difference": change.value},
        )
    ]


def _training(report: Measurements) -> list[Finding]:
    compared: list[tuple[TransformReport, Estimate]] = []
    last = report.layers[-1]
    for transform in report.transforms:
        if transform.random is not None:
            own, random = transform.trained.distances[last], transform.random.distances[last]
            compared.append((transform, difference(own, random)))
    if not compared:
        return []
    sure = [transform.name for transform, change in compared if change.high < 0]
    return [
        Finding(
            "training",
            f"{last} moves less than with random weights.",
            len(sure) == len(compared),
            f"{len(sure)} of {len(compared)} families: "
            + ", ".join(f"{transform.name} {_signed(change)}" for transform, change in compared),
            {transform.name: change.value for transform, change in compared},
        )
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _signed(each: Estimate) -> str:
    return f"{each.value:+.2f} [{each.low:+.2f}, {each.high:+.2f}]"


def _pm(each: Estimate) -> str:
    return f"{each.value:.2f} [{each.low:.2f}, {each.high:.2f}]"
