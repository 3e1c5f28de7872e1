"""The table of rules: how each operator's output depends on its inputs."""

from __future__ import annotations

from collections.abc import Callable

from vizkit.plugins import Registry
from vizkit.receptive_fields.propagation.dependence import Dependence
from vizkit.receptive_fields.propagation.graph import Operation

Rule = Callable[[Operation, int], "Dependence | None"]
"""Gives the dependence of output number i; None where the rule does not cover this call."""

_OF_PYTORCH: dict[str, Rule] = {}
RULES: Registry[Rule] = Registry("layer rule", "vizkit.layer_rules", _OF_PYTORCH)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the decorated function as the rule of these operators of PyTorch."""

    def register(function: Rule) -> Rule:
        for name in names:
            assert name not in _OF_PYTORCH, name
            _OF_PYTORCH[name] = function
        return function

    return register


def register_rule(name: str, rule: Rule) -> None:
    """Let receptive fields follow an operator exactly that has no rule, while the process lives.

    Without a rule an operator is probed, and its layers have the status ``measured``. An installed
    package has a rule known for good by an entry point of the group ``vizkit.layer_rules``, whose
    name is the operator's: ``blend = "mypackage.blend:rule"``. Whether a rule is right is proven by
    ``vizkit rf NET --verify``.

    Parameters
    ----------
    name : of the operator, without its namespace, and without the underscore of an in-place form:
        ``"blend"`` for ``torch.ops.mine.blend``.
    rule : from an `Operation` and the number of one of its outputs to what that depends on. The
        same function, defined anew by a file that is run again, replaces itself.

    Raises
    ------
    UsageError : the operator has a rule.

    Examples
    --------
    Each output of ``blend`` reads 3 neighbors along the last axis:

    >>> from vizkit.receptive_fields.propagation import Reads, single, window
    >>> def blend(operation, item):
    ...     source, output = operation.args[0], operation.outputs[item]
    ...     axis = len(source.shape) - 1
    ...     reads = Reads.window(3)
    ...     along = window(axis, source.shape[axis], output.shape[axis], reads)
    ...     return single(output.shape, source, [along])
    >>> register_rule("blend", blend)
    >>> RULES.remove("blend")
    """
    if name in RULES and _home(RULES[name]) == _home(rule) != (None, None):
        RULES.remove(name)
    RULES.register(name, rule)


def _home(rule: Rule) -> tuple[str | None, str | None]:
    return getattr(rule, "__module__", None), getattr(rule, "__qualname__", None)
