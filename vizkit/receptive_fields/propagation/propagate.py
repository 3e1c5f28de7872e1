"""Carrying the fields from one value of the graph to all that depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from vizkit.receptive_fields.propagation.axis_field import (
    MAP,
    PADDED,
    AxisField,
    MapTable,
    identity_field,
    union,
)
from vizkit.receptive_fields.propagation.dependence import Dependence, Part
from vizkit.receptive_fields.propagation.graph import Value
from vizkit.receptive_fields.propagation.index_map import NEVER
from vizkit.receptive_fields.propagation.lowering import Lowered
from vizkit.receptive_fields.propagation.relations import Mask, carry_through


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of all elements of one value.

    Attributes
    ----------
    axes : of the rows and of the columns of the source.
    measured : True when an operation on the way has no rule and was probed.
    """

    axes: tuple[AxisField, AxisField]
    measured: bool


@dataclass(frozen=True, slots=True)
class Propagation:
    """What every value sees of one source.

    Attributes
    ----------
    source : the value that is looked at.
    tables : index maps of the rows and of the columns.
    fields : by number of the value; what does not depend on the source is missing.
    """

    source: Value
    tables: tuple[MapTable, MapTable]
    fields: dict[int, Fields]


def propagate(lowered: Lowered, source: Value, axes: tuple[int, int]) -> Propagation:
    """Fields of all values that depend on `source`.

    Parameters
    ----------
    axes : axes of `source` that are its rows and its columns.
    """
    tables = (MapTable(source.shape[axes[0]]), MapTable(source.shape[axes[1]]))
    own = (
        identity_field(source.shape, axes[0], tables[0]),
        identity_field(source.shape, axes[1], tables[1]),
    )
    fields = {source.number: Fields(own, measured=False)}
    for output, dependence in lowered:
        if output.number == source.number:
            continue
        known = [p for p in dependence.parts if p.value is not None and p.value.number in fields]
        if not known:
            continue
        rows, columns = (_field(dependence, known, fields, tables[i], i) for i in (0, 1))
        measured = dependence.measured or any(
            fields[part.value.number].measured for part in known if part.value is not None
        )
        fields[output.number] = Fields((rows, columns), measured)
    return Propagation(source, tables, fields)


def _field(
    dependence: Dependence,
    known: Sequence[Part],
    fields: dict[int, Fields],
    table: MapTable,
    which: int,
) -> AxisField:
    carried = {
        id(part): carry_through(part.chain, fields[part.value.number].axes[which], table)
        for part in known
        if part.value is not None
    }
    if dependence.axis is None:
        return reduce(lambda a, b: union(a, b, table), carried.values())
    return _concatenated(
        [carried.get(id(part)) for part in dependence.parts],
        [part.length for part in dependence.parts],
        dependence.axis,
        table,
    )


def _concatenated(
    pieces: Sequence[AxisField | None], lengths: Sequence[int], axis: int, table: MapTable
) -> AxisField:
    present = [piece for piece in pieces if piece is not None]
    first = present[0]
    if (
        len(present) == len(pieces)
        and axis != first.axis
        and all(
            piece.length(axis) == 1
            and piece.axis == first.axis
            and np.array_equal(piece.values, first.values)
            for piece in present
        )
    ):
        return first
    nothing = np.zeros((5, *[1] * first.ndim), np.int32)
    nothing[:PADDED], nothing[MAP] = NEVER, table.nothing
    stored = [nothing if piece is None else piece.values for piece in pieces]
    rest = np.broadcast_shapes(
        *((*each.shape[: axis + 1], 1, *each.shape[axis + 2 :]) for each in stored)
    )
    full = [
        np.broadcast_to(each, (*rest[: axis + 1], length, *rest[axis + 2 :]))
        for each, length in zip(stored, lengths, strict=True)
    ]
    axes = {piece.axis for piece in present}
    shared = axes.pop() if len(axes) == 1 else None
    return AxisField(np.concatenate(full, axis + 1), None if shared == axis else shared)


def seen_by(lowered: Lowered, output: Value, mask: Mask, sources: Iterable[Value]) -> list[Mask]:
    """Elements of each source that the elements `mask` of `output` depend on: exact sets."""
    masks: dict[int, Mask] = {output.number: mask}
    wanted = {source.number: source for source in sources}
    for value, dependence in reversed(lowered):
        own = masks.get(value.number) if value.number in wanted else masks.pop(value.number, None)
        if own is None or value.number in wanted:
            continue
        offset = 0
        for part in dependence.parts:
            piece = own
            if dependence.axis is not None:
                cut = [slice(None)] * own.ndim
                cut[dependence.axis] = slice(offset, offset + part.length)
                piece, offset = own[tuple(cut)], offset + part.length
            if part.value is None or not piece.any():
                continue
            for relation in reversed(part.chain):
                piece = relation.pull(piece)
            before = masks.get(part.value.number)
            masks[part.value.number] = piece if before is None else before | piece
    return [masks.get(n, np.zeros(source.shape, bool)) for n, source in wanted.items()]


def reached_from(lowered: Lowered, source: Value, mask: Mask) -> dict[int, Mask]:
    """Elements of every value that the elements `mask` of `source` can change: exact sets."""
    masks: dict[int, Mask] = {source.number: mask}
    for output, dependence in lowered:
        known = [p for p in dependence.parts if p.value is not None and p.value.number in masks]
        if not known or output.number == source.number:
            continue
        result = np.zeros(output.shape, bool)
        offset = 0
        for part in dependence.parts:
            where = [slice(None)] * result.ndim
            if dependence.axis is not None:
                where[dependence.axis] = slice(offset, offset + part.length)
                offset += part.length
            if part.value is None or part.value.number not in masks:
                continue
            piece = masks[part.value.number]
            for relation in part.chain:
                piece = relation.push(piece)
            result[tuple(where)] |= piece
        masks[output.number] = result
    return masks
