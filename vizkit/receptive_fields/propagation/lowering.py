"""From operators to relations: what every value of a graph depends on."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.receptive_fields.propagation.dependence import Dependence, values_in
from vizkit.receptive_fields.propagation.graph import Graph, Operation, Value
from vizkit.receptive_fields.propagation.isolation import probed
from vizkit.receptive_fields.propagation.rules import RULES
from vizkit.receptive_fields.propagation.rules.pointwise import by_element, is_pointwise


@dataclass(frozen=True, slots=True)
class Lowered:
    """What every value of a graph depends on, in forward order.

    Attributes
    ----------
    measured : names of the operators that have no rule and were probed.
    """

    dependences: tuple[tuple[Value, Dependence], ...]
    measured: frozenset[str]


def lower(graph: Graph) -> Lowered:
    """Dependences of all values of `graph`."""
    dependences, measured = [], set()
    used = {place.value.number for place in graph.places if place.value is not None}
    for operation in graph.operations:
        used.update(v.number for v in values_in([operation.args, dict(operation.kwargs)]))
    for operation in graph.operations:
        for item, output in enumerate(operation.outputs):
            if output is None or output.number not in used:
                continue
            dependence = _dependence(operation, item)
            dependences.append((output, dependence))
            if dependence.measured:
                measured.add(operation.name)
    return Lowered(tuple(dependences), frozenset(measured))


def _dependence(operation: Operation, item: int) -> Dependence:
    known = operation.name in RULES
    found = RULES[operation.name](operation, item) if known else None
    if found is None and is_pointwise(operation):
        found = by_element(operation, item)
    return probed(operation, item) if found is None else found
