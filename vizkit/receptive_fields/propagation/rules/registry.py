"""The table of rules: how each operator's output depends on its inputs."""

from __future__ import annotations

from collections.abc import Callable

from vizkit.receptive_fields.propagation.dependence import Dependence
from vizkit.receptive_fields.propagation.graph import Operation

Rule = Callable[[Operation, int], "Dependence | None"]
"""Gives the dependence of output number i; None where the rule does not cover this call."""

RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the rule of these operators."""

    def register(function: Rule) -> Rule:
        for name in names:
            assert name not in RULES, name
            RULES[name] = function
        return function

    return register
