"""Receptive fields as tables to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.text import aligned, byte_count, percent

if TYPE_CHECKING:
    from vizkit.receptive_fields import LayerField, ReceptiveFields, UnitField
    from vizkit.receptive_fields.oracle import Certificate

_GROUPS = 5
"""Groups of channels that are shown one by one; of more, the first and the last two."""


def layer_table(
    fields: ReceptiveFields, rows: Sequence[LayerField], folded: int, *, title: str
) -> str:
    """Table of `rows` with totals and a legend; `folded` says how many rows are left out."""
    height, width = fields.input_size
    seen = f"layer {fields.source}" if fields.source else "the image"
    noted = any(row.status != "exact" for row in rows)
    head = ["LAYER", "OPERATION", "OUTPUT", "R", "STRIDE", "PADDING", "CENTER", "SHARE"]
    table = [[*head, "PARAMETERS", "MULTIPLY-ADDS", *(["STATUS"] if noted else [])]]
    for row in rows:
        table.append(_cells(row, noted))
        table += [cells + [""] * (len(table[0]) - len(cells)) for cells in _group_cells(row)]
    unit = f"units of {seen}" if fields.source else "pixels"
    lines = [f"{title} at {height} x {width}" + (f", to {seen}" if fields.source else "")]
    lines += ["", aligned(table, right=range(3, 10)), "", _totals(fields)]
    lines += [
        f"r, stride, padding, center in {unit}: unit i sees r of them from i * stride - padding "
        "on, borders ignored;",
        f"center is the middle of unit 0; share is how much of {seen} a unit sees at most; "
        "- where no single value exists.",
    ]
    if noted:
        lines.append(_statuses({row.status for row in rows}))
    if folded:
        lines.append(
            f"{folded} of {folded + len(rows)} rows are folded: what is inside of blocks, and what "
            "repeats the field before it. All: --all"
        )
    return "\n".join(lines)


def unit_text(fields: ReceptiveFields, unit: UnitField, density: float, *, title: str) -> str:
    """What one unit sees, in words."""
    where = "" if unit.position is None else "@{},{}".format(*unit.position)
    seen = f"layer {fields.source}" if fields.source else "the image"
    height, width = (table.lines for table in fields.propagation.tables)
    lines = [f"{title}/{unit.layer}:{unit.channel}{where}"]
    if unit.box is None or unit.clipped is None:
        return f"{lines[0]} sees nothing of {seen}."
    rows = [
        ("sees", *_box(unit.box), "{} x {}".format(*unit.size)),
        ("inside", *_box(unit.clipped), f"{percent(unit.visible)} of that"),
        (seen, *_box((0, 0, height - 1, width - 1)), f"{height} x {width}"),
    ]
    lines.append(aligned(rows))
    if density < 1:
        lines.append(f"It reads {percent(density)} of what is inside: its field has holes.")
    return "\n".join(lines)


def certificate_text(certificate: Certificate, seconds: float) -> str:
    """Agreement layer by layer, and the sum of it."""
    table = [("LAYER", "OPERATION", "UNITS", "AGREE", "BY")]
    below = []
    for each in certificate.layers:
        name = _called(each.name or _ROOT, each.call + 1)
        share = "all" if each.agree else f"{each.agreeing:,}"
        table.append((name, each.op, f"{each.units:,}", share, _ORACLES[each.oracle]))
        below += [f"{name}: {one}" for one in each.disagreements]
    lines = [aligned(table, right=(2, 3)), ""]
    if below:
        lines += ["Disagreements, the first few of each layer:", *below, ""]
    if certificate.swallowers:
        found = ", ".join(map(str, certificate.swallowers))
        lines.append(f"NaN is swallowed by: {found}")
    if certificate.not_compared:
        names = ", ".join(
            _called(name or _ROOT, call + 1) for name, call in certificate.not_compared
        )
        lines.append(f"Not compared: {names}")
    lines.append(
        f"{'VERIFIED' if certificate.agree else 'NOT VERIFIED'}: {certificate.agreeing:,} of "
        f"{certificate.units:,} units in {len(certificate.layers)} outputs of modules agree on all "
        f"four sides of what they see, in {seconds:.1f} s"
    )
    return "\n".join(lines)


_ROOT = "(the network)"
_ORACLES = {"nan": "NaN", "gradient": "gradient"}


def _cells(row: LayerField, noted: bool) -> list[str]:
    name = _called(row.name, row.call)
    return [
        name + (f" ({', '.join(row.aliases)})" if row.aliases else ""),
        row.op,
        " x ".join(map(str, row.shape)),
        *map(_sides, (row.size, row.stride, row.padding, row.center)),
        "-" if row.share is None else percent(row.share),
        f"{row.parameters:,}" if row.parameters else "",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
        *([row.status if row.status != "exact" else ""] if noted else []),
    ]


def _group_cells(row: LayerField) -> list[list[str]]:
    """A line for each size that channels of one layer see, where there are several."""
    if len(row.groups) < 2:
        return []
    lines = [["", f"  channels {_shortened(str(g))}", "", _sides(g.size)] for g in row.groups]
    if len(lines) > _GROUPS:
        more = f"  {len(lines) - 4} more groups"
        lines = [*lines[:2], ["", more, "", ""], *lines[-2:]]
    return lines


def _shortened(channels: str) -> str:
    return channels if len(channels) <= 24 else f"{channels[:24].rpartition(',')[0]},..."


def _called(name: str, call: int) -> str:
    return name if call == 1 else f"{name}, call {call}"


def _sides(pair: Sequence[Any]) -> str:
    """``7``, or ``7x5`` where height and width differ."""
    texts = ["-" if side is None else f"{float(side):g}" for side in pair]
    return texts[0] if texts[0] == texts[1] else "x".join(texts)


def _box(box: Sequence[int]) -> tuple[str, str]:
    y0, x0, y1, x1 = box
    return f"rows {y0} to {y1}", f"columns {x0} to {x1}"


def _totals(fields: ReceptiveFields) -> str:
    return (
        f"The network has {fields.parameters:,} parameters, and for one image "
        f"{fields.multiply_adds:,} multiply-adds and {byte_count(fields.activation_bytes)} of "
        "activations in float32."
    )


def _statuses(found: set[str]) -> str:
    said = {
        "whole": "whole: an operation couples all positions",
        "measured": "measured: an operation without a rule was probed",
    }
    return "; ".join(text for status, text in said.items() if status in found) + "."
