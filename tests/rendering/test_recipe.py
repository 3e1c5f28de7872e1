from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from vizkit import Recipe
from vizkit.errors import UsageError


def test_a_recipe_is_plain_data_and_back() -> None:
    recipe = Recipe(steps=7, jitter=3, dtype="bfloat16")
    assert Recipe(**recipe.as_dict()) == recipe
    with pytest.raises(FrozenInstanceError):
        recipe.steps = 8  # type: ignore[misc]


def test_the_default_is_robust() -> None:
    """Pad, jitter, scale and rotate are on, and silent units are helped."""
    recipe = Recipe()
    assert min(recipe.pad, recipe.jitter, recipe.scale, recipe.rotate) > 0
    assert min(recipe.wake_steps, recipe.rescues) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps=0 is out of range.\n  Allowed: 1 to 100000"),
        ({"steps": -1}, "steps=-1 is out of range"),
        ({"steps": 2.5}, "steps=2.5 is not a whole number"),
        ({"steps": "8"}, "steps='8' is not a number"),
        ({"steps": None}, "steps=None is not a number"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is out of range"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is not a number"),
        ({"learning_rate": float("inf")}, "learning_rate=inf is not a number"),
        ({"pad": -1}, "pad=-1 is out of range"),
        ({"pad": 1.5}, "pad=1.5 is not a whole number"),
        ({"jitter": 5000}, "jitter=5000 is out of range"),
        ({"scale": -0.1}, "scale=-0.1 is out of range"),
        ({"rotate": 181}, "rotate=181 is out of range"),
        ({"rescues": 11}, "rescues=11 is out of range"),
        ({"wake_steps": 0.5}, "wake_steps=0.5 is not a whole number"),
        (
            {"objective": "neurn"},
            "objective='neurn' is not known.\n  Allowed: auto, channel, neuron",
        ),
        ({"dtype": "float16"}, "dtype='float16' is not known"),
    ],
)
def test_numbers_out_of_range_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Recipe(**change)
