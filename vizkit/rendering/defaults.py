"""What a recipe leaves open, chosen for the kind of unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vizkit.layer_info import LayerInfo
from vizkit.rendering.recipe import FullRecipe, Recipe

MAPS: Mapping[str, Any] = {
    "steps": 128,
    "canvas": "fourier",
    "views": "rotate(10), scale(0.1), jitter(8)",
}
"""Of units with a map: channels and neurons of convolutions and blocks."""
VECTORS = MAPS
"""Of units without one: class logits."""


def complete(recipe: Recipe, layers: Iterable[LayerInfo]) -> FullRecipe:
    """`recipe` with what it leaves open, for an objective that reads `layers`.

    Examples
    --------
    >>> from vizkit.layer_info import LayerInfo
    >>> complete(Recipe(steps=8), [LayerInfo("conv1", (), "Conv2d", 64, (64, 112, 112))]).canvas
    'fourier'
    """
    chosen = MAPS if all(layer.spatial for layer in layers) else VECTORS
    given = {name: value for name, value in recipe.as_dict().items() if value is not None}
    return FullRecipe(**{**chosen, **given})
