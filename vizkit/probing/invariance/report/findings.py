"""Known directions, looked for in what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vizkit.probing.invariance.scores.distances import ImageDistances
from vizkit.probing.uncertainty import Estimate, divided, interval, resampled_weights

if TYPE_CHECKING:
    from vizkit.probing.invariance.report.result import InvarianceReport

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


def findings(report: InvarianceReport) -> Iterator[Finding]:
    """All that the report has the numbers for."""
    for known in (_pooling, _depth, _orientation, _contrast, _brightness, _mirror, _training):
        yield from known(report)


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


def _pooling(report: InvarianceReport) -> Iterator[Finding]:
    transform = report.under("shift_x", "translation", "shift_y")
    if transform is None or not report.pools:
        return
    moving = [value for value in transform.values if value]
    least = min(map(abs, moving))
    columns = [i for i, value in enumerate(moving) if abs(value) == least]
    distances = transform.distances
    small, mean = (
        {
            f"{pool} - {before}": difference(distances[pool], distances[before], chosen)
            for before, pool in report.pools
        }
        for chosen in (columns, None)
    )
    sure = sum(change.high < 0 for change in small.values())
    over_all = sum(change.high < 0 for change in mean.values())
    yield Finding(
        "pooling",
        f"a pooled layer moves less than the layer before it under the smallest shift, {least:g} "
        "px.",
        sure == len(small),
        f"{sure} of {len(small)} pools, by "
        + ", ".join(f"{name} {change:+.2f}" for name, change in small.items())
        + f"; over all shifts up to {max(map(abs, moving)):g} px {over_all} of {len(mean)},"
        " by " + ", ".join(f"{change.value:+.2f}" for change in mean.values()),
        {name: change.value for name, change in small.items()},
    )


def _depth(report: InvarianceReport) -> Iterator[Finding]:
    first, last = report.layers[0], report.layers[-1]
    for name in ("shift_x", "scale", "rotation"):
        transform = report.under(name)
        if transform is not None and len(report.layers) > 1:
            moved = transform.beside_baseline
            change = difference(moved.distances[last], moved.distances[first])
            yield Finding(
                f"depth, {name}",
                "the last layer moves less than the first, beside other images.",
                change.high < 0,
                f"{last} {moved.distance(last):.2f}, {first} {moved.distance(first):.2f}"
                f", difference {change:+.2f}",
                {"difference": change.value},
            )


def _orientation(report: InvarianceReport) -> Iterator[Finding]:
    if not report.orientation:
        return
    early = list(report.orientation.values())[: max(1, math.ceil(len(report.orientation) / 2))]
    good = [each for each in early if each.tuned.value > 0.5 and each.width.value <= _NARROW]
    yield Finding(
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
        {each.layer: each.tuned.value for each in early},
    )


def _contrast(report: InvarianceReport) -> Iterator[Finding]:
    if not report.contrast:
        return
    own = {layer: each.own for layer, each in report.contrast.items()}
    bare = {layer: each.unbiased for layer, each in report.contrast.items()}
    most, left = max(own, key=lambda name: own[name]), max(bare, key=lambda name: bare[name])
    first = next((layer for layer in bare if bare[layer] > _ROUNDING), None)
    where = "" if first is None else f", beginning with {first}"
    yield Finding(
        "contrast",
        "without biases every layer is exactly proportional to contrast about the mean that "
        "preprocessing takes off.",
        bare[left] <= _ROUNDING,
        f"departure without biases at most {bare[left]:.2g} ({left}){where}; "
        f"with them up to {own[most]:.2g} ({most})",
        {"unbiased": bare[left], "own": own[most]},
    )


def _brightness(report: InvarianceReport) -> Iterator[Finding]:
    filters = report.filters
    if filters is None:
        return
    yield Finding(
        "brightness",
        "what brightness adds to the first convolution is the sum of each filter, the same at "
        "every place of every image.",
        filters.error <= 100 * _ROUNDING,
        f"{filters.layer} departs from that by at most {filters.error:.1g} standard deviations;"
        f" 0.1 of the range moves the median channel by {filters.gain:.2f} of them, "
        f"{_percent(filters.blind)} of channels by less than 0.1",
        {"error": filters.error, "gain": filters.gain, "blind": filters.blind},
    )


def _mirror(report: InvarianceReport) -> Iterator[Finding]:
    sides, upside = report.under("reflection_x"), report.under("reflection_y")
    if sides is None or upside is None:
        return
    sides, upside, last = sides.beside_baseline, upside.beside_baseline, report.layers[-1]
    change = difference(sides.distances[last], upside.distances[last])
    yield Finding(
        "mirror",
        "the last layer moves less when left and right are swapped than top and bottom.",
        change.high < 0,
        f"{last} {sides.distance(last):.2f} and {upside.distance(last):.2f}, "
        f"difference {change:+.2f}",
        {"difference": change.value},
    )


def _training(report: InvarianceReport) -> Iterator[Finding]:
    last = report.layers[-1]
    changes = {
        each.transform: difference(
            each.beside_baseline.distances[last], each.baseline.distances[last]
        )
        for each in report
        if each.baseline is not None
    }
    if not changes:
        return
    sure = sum(change.high < 0 for change in changes.values())
    yield Finding(
        "training",
        f"{last} moves less than with random weights.",
        sure == len(changes),
        f"{sure} of {len(changes)} transforms: "
        + ", ".join(f"{name} {change:+.2f}" for name, change in changes.items()),
        {name: change.value for name, change in changes.items()},
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
