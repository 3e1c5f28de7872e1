"""From operators to relations: what every value of a graph depends on."""

from __future__ import annotations

from collections.abc import Sequence

from vizkit.receptive_fields.propagation.dependence import Dependence, values_in
from vizkit.receptive_fields.propagation.graph import Graph, Operation, Value
from vizkit.receptive_fields.propagation.isolation import probed
from vizkit.receptive_fields.propagation.rules import RULES
from vizkit.receptive_fields.propagation.rules.pointwise import by_element, is_pointwise

Lowered = Sequence[tuple[Value, Dependence]]
"""What every value of a graph depends on, in forward order."""


def lower(graph: Graph) -> Lowered:
    """Dependences of all values of `graph` that are looked at or taken."""
    used = {place.value.number for place in graph.places if place.value is not None}
    for operation in graph.operations:
        used.update(v.number for v in values_in([operation.args, dict(operation.kwargs)]))
    return tuple(
        (output, _dependence(operation, item))
        for operation in graph.operations
        for item, output in enumerate(operation.outputs)
        if output is not None and output.number in used
    )


def _dependence(operation: Operation, item: int) -> Dependence:
    known = operation.name in RULES
    dependence = RULES[operation.name](operation, item) if known else None
    if dependence is None and is_pointwise(operation):
        dependence = by_element(operation, item)
    return dependence or probed(operation, item)
