"""The values of a sweep as steps that copies differ by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vizkit.errors import NotFoundError, UsageError, nearest
from vizkit.probing.grid import Grid, grid, is_circle

DIFFERENCES = {
    "rotation": "rotation",
    "reflection": "reflection_x",
    "reflection_x": "reflection_x",
    "reflection_y": "reflection_y",
    "scale": "scale",
    "hue": "hue",
}
"""What copies can differ by, and the transform; a reflection swaps left and right."""


@dataclass(frozen=True)
class Cycle:
    """Equal steps between the values of one transform.

    Attributes
    ----------
    grid : the transform and its values.
    step : from one value to the next; of a factor, its logarithm.
    period : of values that go round a circle, in the same measure; else None.
    factors : True where values multiply.
    """

    grid: Grid
    step: float
    period: float | None
    factors: bool

    @property
    def circle(self) -> bool:
        """Whether the values go round."""
        return self.period is not None

    def value(self, place: float) -> float:
        """Value of the transform at a place measured as `step` is."""
        return math.exp(place) if self.factors else place


def cycle(transform: str, values: Sequence[float] | None) -> Cycle:
    """Steps of `transform`, by default its own.

    Raises
    ------
    NotFoundError : copies cannot differ by that.
    UsageError : values that do not go round a circle, or do not grow by equal factors.
    """
    if transform not in DIFFERENCES:
        raise NotFoundError(
            f"transform={transform!r} makes no families. {nearest(transform, DIFFERENCES)}\n"
            f"  There are: {', '.join(DIFFERENCES)}."
        )
    swept = grid(DIFFERENCES[transform], values)
    own, places = swept.transforms[0], swept.values[0]
    if own.whole:
        if places != (0.0, 1.0):
            raise UsageError(f"values={places} leave no reflection.\n  Give (0, 1), or none.")
        return Cycle(swept, 1.0, 2.0, False)
    if own.period is not None:
        if not is_circle(places, own.period):
            raise UsageError(
                f"values of {own.name} do not go round a circle in equal steps: {places}.\n"
                f"  Give multiples of {own.period:g} / n below {own.period:g}, n at least 3."
            )
        return Cycle(swept, own.period / len(places), own.period, False)
    steps = [math.log(b / a) for a, b in pairwise(places)]
    if len(steps) < 2 or max(steps) - min(steps) > 1e-6:
        raise UsageError(
            f"values of {own.name} do not grow by equal factors: {places}.\n"
            "  Give three or more such as (0.5, 1, 2)."
        )
    return Cycle(swept, steps[0], None, True)
