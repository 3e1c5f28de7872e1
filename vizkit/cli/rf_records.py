"""Receptive fields as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vizkit.receptive_fields import LayerField, ReceptiveFields, UnitField
    from vizkit.receptive_fields.oracle import Certificate

_COLUMNS = (
    *("name", "aliases", "op", "call", "shape"),
    *("size_y", "size_x", "stride_y", "stride_x", "padding_y", "padding_x", "center_y", "center_x"),
    *("status", "groups", "interior_rows", "interior_cols"),
    *("share", "parameters", "multiply_adds"),
)


def network_record(fields: ReceptiveFields, rows: Sequence[LayerField]) -> dict[str, Any]:
    """What ``--json`` prints."""
    record: dict[str, Any] = {"network": fields.network, "input": list(fields.input_size)}
    if fields.source:
        record["to"] = fields.source
    record["layers"] = [layer_record(row) for row in rows]
    record["parameters"] = fields.parameters
    record["multiply_adds"] = fields.multiply_adds
    record["activation_bytes"] = fields.activation_bytes
    return record


def layer_record(row: LayerField) -> dict[str, Any]:
    """One row; a pair is null where neither axis has a single value."""
    rows, columns = row.interior
    center = tuple(None if each is None else float(each) for each in row.center)
    return {
        "name": row.name,
        "aliases": list(row.aliases),
        "op": row.op,
        "call": row.call,
        "shape": list(row.shape),
        "size": _pair(row.size),
        "stride": _pair(row.stride),
        "padding": _pair(row.padding),
        "center": _pair(center),
        "status": row.status,
        "groups": [{"channels": str(g), "size": _pair(g.size)} for g in row.groups],
        "interior": {"rows": _pair(rows), "cols": _pair(columns)},
        "share": row.share,
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
    }


def unit_record(unit: UnitField, density: float) -> dict[str, Any]:
    """What one unit sees; `density` is the share of the clipped box that it really reads."""
    return {
        "layer": unit.layer,
        "channel": unit.channel,
        "position": _pair(unit.position),
        "box": _pair(unit.box),
        "clipped": _pair(unit.clipped),
        "visible": unit.visible,
        "density": density,
    }


def certificate_record(certificate: Certificate, seconds: float) -> dict[str, Any]:
    """How the numbers compare with what an oracle measured."""
    return {
        "agree": certificate.agree,
        "units": certificate.units,
        "agreeing": certificate.agreeing,
        "layers": [
            {
                "name": each.name,
                "call": each.call + 1,
                "op": each.op,
                "units": each.units,
                "agreeing": each.agreeing,
                "swallowed": each.swallowed,
                "oracle": each.oracle,
                "disagreements": [str(one) for one in each.disagreements],
            }
            for each in certificate.layers
        ],
        "swallowers": [str(each) for each in certificate.swallowers],
        "not_compared": [
            {"name": name, "call": call + 1} for name, call in certificate.not_compared
        ],
        "wall_s": round(seconds, 3),
    }


def csv_table(rows: Sequence[LayerField]) -> str:
    """Rows as comma-separated values, with a line of names; empty where no single value exists."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        record = layer_record(row)
        pairs = (record[key] or ("", "") for key in ("size", "stride", "padding", "center"))
        writer.writerow(
            [
                *(record["name"], " ".join(row.aliases), row.op, row.call),
                "x".join(map(str, row.shape)),
                *(side for pair in pairs for side in pair),
                row.status,
                " ".join(f"{group}:{_sides(group.size)}" for group in row.groups),
                *("" if ends is None else f"{ends[0]}-{ends[1]}" for ends in row.interior),
                *("" if row.share is None else row.share, row.parameters, row.multiply_adds),
            ]
        )
    return out.getvalue().rstrip("\n")


def _pair(values: Sequence[Any] | None) -> list[Any] | None:
    if values is None or all(value is None for value in values):
        return None
    return list(values)


def _sides(size: Sequence[int | None]) -> str:
    return "x".join("-" if side is None else str(side) for side in size)
