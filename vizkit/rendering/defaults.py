"""What a recipe leaves open, chosen for the kind of unit by what the scorecard says of pictures.

``recipes/benchmarks/benchmark_quality.py`` measures the candidates on a sample of units that was
fixed beforehand, chooses by the rule that it states, and confirms the choice on other units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.rendering.canvas_size import size_canvas
from vizkit.rendering.recipe import FullRecipe, Recipe

Kind = Literal["early", "middle", "deep", "logit"]
"""Of units with a map by what they see, up to 32 or 128 pixels, or more; and of units without."""

NARROW = "rotate(10), scale(0.1), jitter(5%)"
WIDE = "rotate(15), scale(0.25), jitter(10%)"
DEFAULTS: Mapping[Kind, Mapping[str, Any]] = {
    "early": {"steps": 128, "canvas": "fourier", "views": WIDE},
    "middle": {"steps": 128, "canvas": "fourier(1.3)", "views": NARROW},
    "deep": {"steps": 128, "canvas": "fourier(1.5)", "views": NARROW},
    "logit": {"steps": 192, "canvas": "fourier(1.5)", "views": WIDE},
}
_EARLY, _MIDDLE = 32, 128


def kind_of(network: Network, layers: Iterable[LayerInfo]) -> Kind:
    """Kind of the units of a layer; of several layers, of the one that sees most.

    Examples
    --------
    >>> import vizkit
    >>> lenet = vizkit.load("lenet5")
    >>> kind_of(lenet, [lenet.layer("c1")]), kind_of(lenet, [lenet.layer("logits")])
    ('early', 'logit')
    """
    several = list(layers)
    if not all(layer.spatial for layer in several):
        return "logit"
    seen = max(max(size_canvas(network, layer).seen or network.input_size) for layer in several)
    return "early" if seen <= _EARLY else "middle" if seen <= _MIDDLE else "deep"


def complete(recipe: Recipe, network: Network, layers: Iterable[LayerInfo]) -> FullRecipe:
    """`recipe` with what it leaves open, for an objective that reads `layers`.

    Examples
    --------
    >>> import vizkit
    >>> lenet = vizkit.load("lenet5")
    >>> full = complete(Recipe(steps=8), lenet, [lenet.layer("c1")])
    >>> full.steps, full.views
    (8, 'rotate(15), scale(0.25), jitter(10%)')
    """
    given = {name: value for name, value in recipe.as_dict().items() if value is not None}
    return FullRecipe(**{**DEFAULTS[kind_of(network, layers)], **given})
