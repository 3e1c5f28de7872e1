"""From operators to relations: what every value of a graph depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vizkit.receptive_fields.propagation.dependence import Dependence, values_in
from vizkit.receptive_fields.propagation.graph import Graph, Operation, Value
from vizkit.receptive_fields.propagation.isolation import probed
from vizkit.receptive_fields.propagation.rules import RULES
from vizkit.receptive_fields.propagation.rules.pointwise import by_element, is_pointwise
from vizkit.receptive_fields.propagation.rules.pooling import unpooling

Lowered = Sequence[tuple[Value, Dependence]]
"""What every value of a graph depends on, in forward order."""


def lower(graph: Graph) -> Lowered:
    """Dependences of all values of `graph` that are looked at or taken."""
    used = {place.value.number for place in graph.places if place.value is not None}
    for operation in graph.operations:
        used.update(v.number for v in values_in([operation.args, dict(operation.kwargs)]))
    found_in = {
        value.number: operation
        for operation in graph.operations
        if operation.name.endswith("_with_indices")
        for value in operation.outputs[1:]
        if value is not None
    }
    return tuple(
        (output, _dependence(operation, item, found_in))
        for operation in graph.operations
        for item, output in enumerate(operation.outputs)
        if output is not None and output.number in used
    )


def _dependence(operation: Operation, item: int, found_in: Mapping[int, Operation]) -> Dependence:
    """What output number `item` depends on, by a rule or by probing.

    Parameters
    ----------
    found_in : poolings by the number of the value that says where their maxima are.
    """
    known = operation.name in RULES
    dependence = RULES[operation.name](operation, item) if known else None
    if operation.name.startswith("max_unpool") and isinstance(operation.args[1], Value):
        pooled = found_in.get(operation.args[1].number)
        dependence = unpooling(operation, pooled) if pooled else None
    if dependence is None and is_pointwise(operation):
        dependence = by_element(operation, item)
    return dependence or probed(operation, item)
