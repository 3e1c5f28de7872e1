from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

import vizkit
from vizkit import Recipe
from vizkit.errors import UsageError
from vizkit.rendering.defaults import complete
from vizkit.rendering.length import in_pixels
from vizkit.rendering.robustness import parse_views


def test_a_recipe_is_plain_data_and_back() -> None:
    recipe = Recipe(steps=7, views="jitter(3)", dtype="bfloat16")
    assert Recipe(**recipe.as_dict()) == recipe
    with pytest.raises(FrozenInstanceError):
        recipe.steps = 8  # type: ignore[misc]


def test_the_default_is_robust() -> None:
    """Pad, turns, zooms and shifts are on, and silent units are helped."""
    lenet = vizkit.load("lenet5@random")
    for layer in ("c3", "logits"):
        recipe = complete(Recipe(), lenet, [lenet.layer(layer)])
        views = [type(view).__name__ for view in parse_views(recipe.views, (64, 64))]
        assert views == ["Rotate", "Scale", "Jitter"]
        assert in_pixels(recipe.pad, (64, 64)) > 0
    assert min(recipe.wake_steps, recipe.rescues) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps=0 is out of range.\n  Allowed: 1 to 100000"),
        ({"steps": -1}, "steps=-1 is out of range"),
        ({"steps": 2.5}, "steps=2.5 is not a whole number"),
        ({"steps": "8"}, "steps='8' is not a number"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is out of range"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is not a number"),
        ({"learning_rate": float("inf")}, "learning_rate=inf is not a number"),
        ({"pad": -1}, "pad=-1.0 is out of range"),
        ({"pad": "wide"}, "'wide' is no length"),
        ({"pad": "-1%"}, "pad=-1.0 is out of range"),
        ({"views": 8}, "views=8 is not a text"),
        ({"canvas": "fourir"}, "Did you mean 'fourier'"),
        ({"rescues": 11}, "rescues=11 is out of range"),
        ({"wake_steps": 0.5}, "wake_steps=0.5 is not a whole number"),
        ({"dtype": "float16"}, "dtype='float16' is not known"),
    ],
)
def test_numbers_out_of_range_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Recipe(**change)
