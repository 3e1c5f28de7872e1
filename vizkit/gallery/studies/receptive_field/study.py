"""The pixels that a unit can see, exactly: how many, where, and how far the next unit's are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.gallery.panel import Fact, Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.studies.receptive_field import words
from vizkit.gallery.studies.receptive_field.drawing import drawing
from vizkit.gallery.study import Compute, Found, Shown, ShownLayer, Study
from vizkit.progress import OnProgress, Progress
from vizkit.text import percent

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network
    from vizkit.receptive_fields import LayerField, UnitField

_DRAWN = 6
"""Most groups of channels that are drawn and named one by one."""


class _ReceptiveField(Study):
    name = "receptive_field"
    title = "What it sees"
    order = 15
    scope = "layer"

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        from vizkit.errors import NotFoundError
        from vizkit.receptive_fields.calculate import fields_or_none

        fields = fields_or_none(network)
        if fields is None:
            return False
        try:
            return fields.unit(layer.name).clipped is not None
        except NotFoundError:
            return False  # no rows and columns, as in a list of tokens

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.receptive_fields.calculate import fields_or_none

        fields = fields_or_none(network)
        assert fields is not None

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            layer = piece.layer.module
            row = fields[layer]
            groups = [
                {"channels": str(group), "size": list(group.size)} | _box_data(unit)
                for group in row.groups
                if (unit := fields.unit(layer, group.channels[0])).clipped is not None
            ]
            common = {"input": list(fields.input_size), **_layer_data(row), "groups": groups}
            for done, channel in enumerate(piece.channels, 1):
                unit = fields.unit(layer, channel)
                progress(Progress(done, len(piece.channels), piece.title))
                if unit.clipped is None:
                    yield Found(channel, error="the channel sees nothing of the image")
                    continue
                position = unit.unit.position
                place = None if position is None else list(position)
                record = {"position": place, "visible": unit.visible, **_box_data(unit)}
                yield Found(channel, {**common, "unit": record})

        return compute

    def show(self, record: Shown) -> Panel:
        layer, data = record.layer, record.data
        unit = data["unit"]
        facts = []
        if unit["position"] is not None:
            y0, x0, y1, x1 = (str(line).replace("-", "−") for line in unit["box"])
            where = "row {}, column {}".format(*unit["position"])
            box = f"sees rows {y0} to {y1}, columns {x0} to {x1}"
            facts.append(Fact("middle unit", where, note=box))
            if unit["visible"] < 1:
                note = "of what it would see without borders"
                facts.append(Fact("in the image", percent(unit["visible"]), note=note))
            facts.append(Fact("free of padding", words.interior(layer, data) or "no unit"))
        facts.append(Fact("known", data["status"], note=words.KNOWN[data["status"]]))
        sentences = (words.sentence(unit, data),)
        return Panel(
            facts=tuple(facts),
            extent=words.size(unit),
            covers=words.area(unit["clipped"]) == data["input"][0] * data["input"][1],
            details=drawing([unit], layer, data) | {"words": sentences, "groups": ()},
        )

    def overview(self, shown: ShownLayer) -> Panel | None:
        data = next(iter(shown.records.values()))
        # The largest first, so that the smaller ones are drawn over it.
        drawn = sorted(data["groups"], key=lambda group: -words.area(group["box"]))
        named: Sequence[Mapping[str, Any]] = data["groups"]
        if len(drawn) == 1:
            sentences, named = [words.sentence(drawn[0], data)], ()
        else:
            sentences = ["What it sees depends on the channel:"]
            if len(drawn) > _DRAWN:
                count = len(drawn)
                sentences = [f"{count} groups of channels see boxes of their own, from and to:"]
                drawn = [drawn[0], drawn[-1]]
                named = drawn[::-1]
            if None not in data["stride"]:
                sentences[0] = f"One unit {words.spacing(data['stride'])}. {sentences[0]}"
        if data["unit"]["position"] is not None:
            free = words.interior(shown.layer, data)
            sentences.append(
                f"{free} see no padding.".capitalize() if free else "Padding reaches every unit."
            )
        groups = tuple(
            {"channels": words.channels(group["channels"]), "text": words.extent(group, data)}
            for group in named
        )
        details = drawing(drawn, shown.layer, data)
        return Panel(details=details | {"words": tuple(sentences), "groups": groups})


def _layer_data(row: LayerField) -> dict[str, Any]:
    rows, columns = row.interior
    return {
        "size": list(row.size),
        "stride": list(row.stride),
        "padding": list(row.padding),
        "status": row.status,
        "interior": {"rows": rows and list(rows), "cols": columns and list(columns)},
    }


def _box_data(unit: UnitField) -> dict[str, Any]:
    assert unit.box is not None and unit.clipped is not None
    return {"box": list(unit.box), "clipped": list(unit.clipped)}


STUDY = _ReceptiveField()
