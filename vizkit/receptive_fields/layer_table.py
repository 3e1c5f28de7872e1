"""Receptive fields of layers as a table to read, and as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.address import escape_layer
from vizkit.receptive_fields.trunk import trunk
from vizkit.text import aligned, byte_count, percent

if TYPE_CHECKING:
    from vizkit.receptive_fields.layer_field import LayerField
    from vizkit.receptive_fields.network_fields import ReceptiveFields

_LEFT_OUT_FIRST = ("CENTER", "PARAMETERS", "MULTIPLY-ADDS", "PADDING")
_COLUMNS = (
    *("LAYER", "OPERATION", "OUTPUT", "R", "STRIDE", "PADDING", "CENTER", "SHARE"),
    *("PARAMETERS", "MULTIPLY-ADDS", "STATUS"),
)
_CSV_COLUMNS = (
    *("name", "aliases", "op", "call", "shape"),
    *("size_y", "size_x", "stride_y", "stride_x", "padding_y", "padding_x", "center_y", "center_x"),
    *("status", "groups", "interior_rows", "interior_cols"),
    *("share", "parameters", "multiply_adds"),
)
_GROUPS = 5
"""Groups of channels that are shown one by one; of more, the first and the last two."""
_STATUSES = {
    "whole": "whole: an operation couples all positions",
    "measured": "measured: an operation without a rule was probed",
}


def layer_table(
    fields: ReceptiveFields, *, every: bool = False, unfold: str, width: int | None = None
) -> str:
    """Table of `fields` with totals and a legend.

    Parameters
    ----------
    every : show every row; by default what `trunk` says, unless layers were chosen.
    unfold : what to write for every row, where some are folded.
    width : of the table's lines, at most.
    """
    rows = fields.rows
    if not every and fields.chosen is None:
        # A network of functions alone has no trunk.
        rows = trunk(fields) or rows
    folded = len(fields.rows) - len(rows)
    size = " x ".join(map(str, fields.input_size))
    seen = f"layer {fields.source}" if fields.source else "the image"
    statuses = {row.status for row in rows}
    lines = [f"{fields.title} at {size}" + (f", to {seen}" if fields.source else "")]
    lines += ["", cells(rows, width), "", _totals(fields)]
    lines.append(legend(fields.source))
    if statuses - {"exact"}:
        lines.append("; ".join(text for key, text in _STATUSES.items() if key in statuses) + ".")
    if folded:
        lines.append(
            f"{folded} of {folded + len(rows)} rows are folded: what is inside of blocks, and what "
            f"repeats the field before it. All: {unfold}"
        )
    return "\n".join(lines)


def legend(source: str) -> str:
    """What the columns mean, for fields in the image or in the layer `source`."""
    seen, unit = (
        (f"layer {source}", f"units of layer {source}") if source else ("the image", "pixels")
    )
    return (
        f"r, stride, padding, center in {unit}: unit i sees r of them from i * stride - padding "
        f"on, borders ignored;\ncenter is the middle of unit 0; share is how much of {seen} a unit "
        "sees at most; - where no single value exists."
    )


def cells(rows: Sequence[LayerField], width: int | None = None) -> str:
    """Aligned lines of `rows` under their names; the status only where one is not exact.

    Where they do not fit in `width`, columns are left out, and a line below says which.
    """
    noted = any(row.status != "exact" for row in rows)
    table: list[Sequence[str]] = [_COLUMNS[: None if noted else -1]]
    for row in rows:
        table.append(_cells(row)[: None if noted else -1])
        table += [group + [""] * (len(table[0]) - len(group)) for group in _group_cells(row)]
    left_out: list[str] = []
    text = aligned(table, right=range(3, 10), width=width)
    for name in _LEFT_OUT_FIRST:
        if width is None or max(map(len, text.splitlines())) <= width:
            break
        at = table[0].index(name)
        table = [[cell for n, cell in enumerate(row) if n != at] for row in table]
        left_out.append(name)
        numbers = range(3, 10 - len(left_out))
        text = aligned(table, right=numbers, width=width)
    note = f"\n{', '.join(left_out)} left out, too wide; --csv has all."
    return text + note * bool(left_out)


def csv_table(rows: Sequence[LayerField]) -> str:
    """Rows as comma-separated values, with a line of names; empty where no single value exists."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for row in rows:
        record = row.as_dict()
        pairs = (record[key] or ("", "") for key in ("size", "stride", "padding", "center"))
        groups = (
            f"{group}:{'x'.join('-' if n is None else str(n) for n in group.size)}"
            for group in row.groups
        )
        writer.writerow(
            [
                *(row.name, " ".join(row.aliases), row.op, row.call),
                "x".join(map(str, row.shape)),
                *(side for pair in pairs for side in pair),
                row.status,
                " ".join(groups),
                *("" if ends is None else f"{ends[0]}-{ends[1]}" for ends in row.interior),
                *("" if row.share is None else row.share, row.parameters, row.multiply_adds),
            ]
        )
    return out.getvalue().rstrip("\n")


def _sides(pair: Sequence[Any]) -> str:
    """``7``, or ``7x5`` where height and width differ."""
    texts = ["-" if side is None else f"{float(side):g}" for side in pair]
    return texts[0] if texts[0] == texts[1] else "x".join(texts)


def _cells(row: LayerField) -> list[str]:
    call = f", call {row.call}" if row.call > 1 else ""
    return [
        escape_layer(row.name) + call + (f" ({', '.join(row.aliases)})" if row.aliases else ""),
        row.op,
        " x ".join(map(str, row.shape)),
        *map(_sides, (row.size, row.stride, row.padding, row.center)),
        "-" if row.share is None else percent(row.share),
        f"{row.parameters:,}" if row.parameters else "",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
        row.status if row.status != "exact" else "",
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


def _totals(fields: ReceptiveFields) -> str:
    return (
        f"The network has {fields.parameters:,} parameters, and for one image "
        f"{fields.multiply_adds:,} multiply-adds and {byte_count(fields.activation_bytes)} of "
        "activations in float32."
    )
