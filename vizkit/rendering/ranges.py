"""The check that a setting is a number in its range."""

from __future__ import annotations

import math

from vizkit.errors import UsageError


def check_range(name: str, value: object, low: float, high: float) -> None:
    """Accept a finite number from `low` to `high`.

    Raises
    ------
    UsageError : `value` is none.
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{name}={value!r} is not a number.")
    if not low <= value <= high:
        raise UsageError(f"{name}={value!r} is out of range.\n  Allowed: {low} to {high}.")
