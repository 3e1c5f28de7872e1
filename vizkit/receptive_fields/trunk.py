"""The few rows that tell how receptive fields grow: the blocks, and what stands between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizkit.receptive_fields.propagation.dependence import values_in
from vizkit.receptive_fields.propagation.graph import Graph, Operation

if TYPE_CHECKING:
    from vizkit.receptive_fields.layer_field import LayerField, MaybePair
    from vizkit.receptive_fields.network_fields import ReceptiveFields

_SEQUENCES = ("Sequential", "ModuleList", "ModuleDict")
_MERGING = ("add", "cat")


def trunk(fields: ReceptiveFields) -> tuple[LayerField, ...]:
    """The rows to read first, in forward order.

    A module that adds or concatenates values of its own (residual, Inception) is a block, and so is
    every other module of its class; a block is one row. Between the blocks stand the layers with
    weights, and those that change the field. Left out are rows that repeat the field of the one
    before, such as ReLU, BatchNorm and Dropout; a convolution with its norm and activation is one
    row, the module around them.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> [row.name for row in trunk(receptive_field("lenet5"))]
    ['c1', 's2', 'c3', 's4', 'c5', 'f6', 'output']
    """
    rows = [row for row in fields if row.name and row.size != _NOTHING]
    containers = {path for row in rows for path in _above(row.name)}
    blocks = _blocks(rows, containers, fields.graph)
    shown: list[LayerField] = []
    before = _IMAGE
    for row in rows:
        if not blocks.isdisjoint(_above(row.name)):
            continue
        inner = [layer for layer in shown if row.name in _above(layer.name)]
        if row.name in blocks:
            shown.append(row)
        elif inner and _stands_for(row, inner):
            shown[shown.index(inner[-1])] = row
        elif (row.multiply_adds and row.name not in containers) or not _repeats(row, before):
            shown.append(row)
        before = _numbers(row)
    return tuple(shown)


_Numbers = tuple[tuple["MaybePair", ...], "MaybePair", "MaybePair"]
_NOTHING = (0, 0)
_IMAGE: _Numbers = (((1, 1),), (1, 1), (0, 0))


def _numbers(row: LayerField) -> _Numbers:
    return tuple(group.size for group in row.groups), row.stride, row.padding


def _repeats(row: LayerField, before: _Numbers) -> bool:
    """Whether a row says nothing new; without a map it has no stride and padding."""
    sizes, *placed = _numbers(row)
    pairs = zip(placed, before[1:], strict=True)
    return sizes == before[0] and all(pair in ((None, None), earlier) for pair, earlier in pairs)


def _stands_for(row: LayerField, inner: Sequence[LayerField]) -> bool:
    """Whether a module says what its only row, or its own last function, says."""
    last = inner[-1]
    last_function = not last.place.module and last.name.rpartition(".")[0] == row.name
    if row.op in _SEQUENCES or last.aliases or not (last_function or len(inner) == 1):
        return False
    return row.shape == last.shape and _repeats(row, _numbers(last))


def _above(name: str) -> tuple[str, ...]:
    """Paths of the modules that `name` is in."""
    parts = name.split(".")
    return tuple(".".join(parts[:i]) for i in range(1, len(parts)))


def _blocks(rows: Sequence[LayerField], containers: set[str], graph: Graph) -> set[str]:
    kinds = {row.name: row.op for row in rows if row.place.module and row.name in containers}
    merging = {
        kinds.get(row.name.rpartition(".")[0])
        for row in rows
        if not row.place.module
        and any(
            merges(operation) for operation in graph.operations[row.place.begin : row.place.end]
        )
    }
    merging -= {None, *_SEQUENCES}
    blocks = {name for name, op in kinds.items() if op in merging}
    # Of blocks within blocks, the innermost: a dense block is a sequence of dense layers.
    return blocks - {path for name in blocks for path in _above(name)}


def merges(operation: Operation) -> bool:
    """Whether an operation adds or concatenates values of the image."""
    values = {value.number for value in values_in(operation.args)}
    return operation.name in _MERGING and len(values) > 1


def depths(fields: ReceptiveFields) -> dict[int, int]:
    """Convolutions and matrix products on the longest way to each value, by its number.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> max(depths(receptive_field("resnet50")).values())
    50
    """
    depth_of = {fields.graph.source.number: 0}
    for operation in fields.graph.operations:
        before = [depth_of.get(value.number, 0) for value in values_in(operation.args)]
        depth = max(before, default=0) + (operation.multiply_adds > 0)
        for value in operation.outputs:
            if value is not None:
                depth_of[value.number] = depth
    return depth_of
