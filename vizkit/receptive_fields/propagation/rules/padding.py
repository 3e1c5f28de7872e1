"""Padding: zeros, or elements of the other places of the map."""

from __future__ import annotations

import numpy as np

from vizkit.receptive_fields.propagation.dependence import Dependence, single
from vizkit.receptive_fields.propagation.graph import Operation
from vizkit.receptive_fields.propagation.index_map import Reads
from vizkit.receptive_fields.propagation.relations import Relation, Window
from vizkit.receptive_fields.propagation.rules.registry import rule
from vizkit.receptive_fields.propagation.windows import chosen


@rule("constant_pad_nd")
def constant_padding(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    source, output = operation.args[0], operation.output()
    relations: list[Relation] = []
    for axis, (before, after) in _by_axis(operation, len(source.shape)).items():
        if before or after:
            length = source.shape[axis]
            relations.append(chosen(axis, length, output.shape[axis], -before))
    return single(output.shape, source, relations)


@rule(*(f"{kind}_pad{n}d" for n in (1, 2, 3) for kind in ("reflection", "replication")))
def padding_by_elements(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    source, output = operation.args[0], operation.output()
    relations: list[Relation] = []
    for axis, (before, _) in _by_axis(operation, len(source.shape)).items():
        last = source.shape[axis] - 1
        wanted = np.arange(output.shape[axis]) - before
        if operation.name.startswith("replication"):
            real = wanted.clip(0, last)
        else:
            # The border itself is not repeated.
            real = last - abs(last - abs(wanted))
        reads = Reads(1, 1, ((-before,),))
        relations.append(Window(axis, last + 1, real[:, None], reads, real != wanted))
    return single(output.shape, source, relations)


def _by_axis(operation: Operation, count: int) -> dict[int, tuple[int, int]]:
    """Padding before and behind by axis; the arguments begin with the last axis."""
    pads = tuple(operation.args[1])
    return {count - 1 - i: (int(pads[2 * i]), int(pads[2 * i + 1])) for i in range(len(pads) // 2)}
