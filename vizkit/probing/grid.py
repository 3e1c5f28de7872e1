"""The points of a sweep: values of one transform, or of two at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.stimuli.variation import VariedStimulus
from vizkit.transforms import Transform
from vizkit.transforms import transform as find_transform

Sweep = str | Transform | tuple[str | Transform, ...]
"""What is varied: a transform or its name, or two of them at once."""

Point = tuple[float, ...]
"""One value for each transform."""

JOINTLY = "*"
"""Between the names of two transforms that are varied at once, e.g. ``"rotation*scale"``."""

_CLOSED = 1e-6
"""Error of the last step of a circle, as a share of the step, that is rounding."""


@dataclass(frozen=True)
class Grid:
    """Values of one or two transforms and all their combinations, the last transform fastest.

    Attributes
    ----------
    transforms : in the order in which they are applied to an image.
    values : of each transform, ascending.
    """

    transforms: tuple[Transform, ...]
    values: tuple[tuple[float, ...], ...]

    @property
    def name(self) -> str:
        """Names of the transforms, e.g. ``"rotation*scale"``."""
        return JOINTLY.join(transform.name for transform in self.transforms)

    @property
    def joint(self) -> bool:
        """Whether two transforms are varied at once."""
        return len(self.transforms) == 2

    @property
    def period(self) -> float | None:
        """Of the first transform."""
        return self.transforms[0].period

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each transform."""
        return tuple(map(len, self.values))

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """All combinations of values."""
        return tuple(product(*self.values))

    @property
    def from_identity(self) -> tuple[Point, ...]:
        """The identity, and after it all other points."""
        return (self.identity, *(point for point in self.points if point != self.identity))

    @property
    def identity(self) -> Point:
        """The point that changes nothing; it need not be one of `points`."""
        return tuple(transform.identity for transform in self.transforms)

    def apply(self, images: Tensor, point: Point) -> Tensor:
        """`images`, B C H W in [0, 1], through one transform after the other.

        Two parameters of one stimulus are drawn at once.
        """
        if len(self.transforms) == 2:
            first, second = self.transforms
            if isinstance(first, VariedStimulus) and isinstance(second, VariedStimulus):
                return second.also(first.parameter, point[0]).apply(images, point[1])
        for transform, value in zip(self.transforms, point, strict=True):
            images = transform.apply(images, value)
        return images

    def floor(self, images: Tensor, point: Point) -> float:
        """Largest error of the transforms' own resampling at `point`; see `Transform.floor`."""
        return max(
            transform.floor(images, value)
            for transform, value in zip(self.transforms, point, strict=True)
        )

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse values that images of `shape` (C, H, W) cannot bear.

        Raises
        ------
        UsageError : so it is.
        """
        for transform, values in zip(self.transforms, self.values, strict=True):
            for value in values:
                transform.check(value, shape)


def grid(sweep: Sweep, values: Sequence[float] | Sequence[Sequence[float]] | None = None) -> Grid:
    """Grid of `values` of the transforms that `sweep` names.

    Parameters
    ----------
    sweep : ``"rotation"``, a `Transform`, or two of them.
    values : ascending; for two transforms one sequence for each. By default the transforms' own.

    Raises
    ------
    NotFoundError : there is no such transform.
    UsageError : values that cannot be meant.

    Examples
    --------
    >>> grid(("shift_y", "rotation"), ((-1, 1), (0, 90))).points
    ((-1.0, 0.0), (-1.0, 90.0), (1.0, 0.0), (1.0, 90.0))
    """
    named = [sweep] if isinstance(sweep, str | Transform) else list(sweep)
    transforms = tuple(map(find_transform, named))
    if not 1 <= len(transforms) <= 2:
        raise UsageError(
            f"sweep={sweep!r} has {len(transforms)} transforms.\n  Give one or two at once."
        )
    if values is None:
        values_of: list[object] = [transform.values for transform in transforms]
    else:
        values_of = [values] if len(transforms) == 1 else list(values)
    if len(values_of) != len(transforms):
        raise UsageError(
            f"{len(values_of)} sequences of values were given for {len(transforms)} transforms.\n"
            "  Give one for each."
        )
    return Grid(transforms, tuple(map(_ascending, transforms, values_of)))


def is_circle(values: Sequence[float], period: float | None) -> bool:
    """Whether `values` go round once in equal steps, three or more.

    Examples
    --------
    >>> is_circle((0, 90, 180, 270), 360), is_circle((0, 90, 180), 360)
    (True, False)
    """
    if period is None or len(values) < 3:
        return False
    step = period / len(values)
    return all(abs(b - a - step) <= _CLOSED * step for a, b in pairwise(values))


def _ascending(of: Transform, values: object) -> tuple[float, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise UsageError(f"values={values!r} are not a sequence of numbers.\n  Give (0, 15, 30).")
    numbers = tuple(float(value) for value in values)
    if not numbers:
        raise UsageError(f"there are no values of {of.name}.\n  Give at least one.")
    if not all(math.isfinite(number) for number in numbers) or any(
        a >= b for a, b in pairwise(numbers)
    ):
        raise UsageError(
            f"values of {of.name} do not ascend: {numbers}.\n  Give each once, the smallest first."
        )
    if of.period is not None and numbers[-1] - numbers[0] > of.period * (1 - 1e-9):
        raise UsageError(
            f"values of {of.name} from {numbers[0]:g} to {numbers[-1]:g} come round to where they "
            f"began.\n  Leave the last away: the same comes again after {of.period:g} {of.unit}."
        )
    return numbers
