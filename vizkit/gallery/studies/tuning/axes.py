"""Geometry of small drawings: curves as SVG paths, in units of screen pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]


def path(points: Iterable[Point], *, closed: bool = False) -> str:
    """SVG path through `points`.

    Examples
    --------
    >>> path([(0, 0), (1.25, 2)], closed=True)
    'M0 0L1.2 2Z'
    """
    steps = "L".join(f"{_short(x)} {_short(y)}" for x, y in points)
    return f"M{steps}{'Z' if closed else ''}" if steps else ""


def band(low: Sequence[Point], high: Sequence[Point], *, rings: bool = False) -> str:
    """Area between two curves, as a path; between two closed ones with `rings`, filled even-odd."""
    if rings:
        return path(high, closed=True) + path(low, closed=True)
    return path([*high, *reversed(low)], closed=True)


def _short(number: float) -> str:
    return f"{round(number, 1):g}" if abs(number) >= 0.05 else "0"


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `first` to `last` as places from `start` to `end`.

    Attributes
    ----------
    factors : True where equal factors are equally far apart.
    """

    first: float
    last: float
    start: float
    end: float
    factors: bool = False

    def __call__(self, value: float) -> float:
        """Place of a value."""
        low, high, at = self.first, self.last, value
        if self.factors:
            low, high, at = math.log(low), math.log(high), math.log(value)
        share = (at - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Circle:
    """Angles counter-clockwise from the right, and heights from the middle.

    Attributes
    ----------
    x, y : the middle.
    radius : place of the height `most`.
    period : angle that is a full turn of what is shown; 180 is drawn twice around.
    """

    x: float
    y: float
    radius: float
    most: float
    period: float

    def at(self, angle: float, height: float) -> Point:
        """Place of a height at an angle in degrees; nothing is below 0."""
        length = self.radius * max(height, 0.0) / self.most if self.most > 0 else 0.0
        turn = math.radians(angle)
        return self.x + length * math.cos(turn), self.y - length * math.sin(turn)

    def around(self, values: Sequence[float], heights: Sequence[float]) -> list[Point]:
        """Corners of a closed curve over equal steps of angle."""
        turns = range(round(360 / self.period))
        return [
            self.at(value + turn * self.period, height)
            for turn in turns
            for value, height in zip(values, heights, strict=True)
        ]


def known(values: Sequence[float | None], otherwise: Callable[[int], float]) -> list[float]:
    """Values with what does not exist replaced."""
    return [otherwise(i) if value is None else value for i, value in enumerate(values)]
