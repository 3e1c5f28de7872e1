"""Numbers of tables and findings as text."""

from __future__ import annotations

import math

from vizkit.probing.uncertainty import Estimate

NONE = "-"
"""What does not exist."""


def number_text(value: float, digits: int = 2) -> str:
    """Number with `digits` behind the point."""
    return NONE if math.isnan(value) else f"{value:.{digits}f}"


def percent_text(share: float) -> str:
    """Share in whole percent."""
    return f"{100 * share:.0f}%"


def distance_text(distance: Estimate, random: float | None = None) -> str:
    """Distance with half the width of its interval; after a bar that of random weights."""
    half = number_text((distance.high - distance.low) / 2)
    return _beside(f"{number_text(distance.value)}±{half}", random, 2)


def score_text(score: Estimate, random: float | None = None) -> str:
    """Score with its interval; scores have a ceiling, which that ends at: it has no half-width."""
    value, low, high = (number_text(each, 1) for each in score[:3])
    return _beside(f"{value} [{low}, {high}]", random, 1)


def _beside(text: str, random: float | None, digits: int) -> str:
    return text if random is None else f"{text}|{number_text(random, digits)}"
