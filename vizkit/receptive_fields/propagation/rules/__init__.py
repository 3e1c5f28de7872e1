"""One rule per operator, by the kind of the operator."""

from vizkit.receptive_fields.propagation.rules import (
    convolution,
    coupling,
    padding,
    pointwise,
    pooling,
    products,
    rearranging,
    resizing,
)
from vizkit.receptive_fields.propagation.rules.registry import RULES, Rule

__all__ = [
    "RULES",
    "Rule",
    "convolution",
    "coupling",
    "padding",
    "pointwise",
    "pooling",
    "products",
    "rearranging",
    "resizing",
]
