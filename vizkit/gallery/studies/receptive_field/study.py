"""The pixels that a unit can see, exactly: how many, where, and how far the next unit's are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.gallery.panel import Fact, Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.study import Compute, Found, Shown, ShownLayer, Study, Tick

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network
    from vizkit.receptive_fields import LayerField, UnitField

_KNOWN = {
    "exact": "calculated through every operation",
    "measured": "an operation on the way has no rule and was probed",
    "whole": "an operation on the way couples all positions",
}
_DRAWN = 6
"""Most groups of channels that are drawn and named one by one."""
_SIDE = 224
"""Side on the screen for which dots and margins are chosen; the page may show less."""
_DOTS_APART = 4


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

        def compute(piece: Piece, tick: Tick) -> Iterator[Found]:
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
                tick(done / len(piece.channels))
                if unit.clipped is None:
                    yield Found(channel, error="the channel sees nothing of the image")
                    continue
                place = None if unit.unit.position is None else list(unit.unit.position)
                own = {"position": place, "visible": unit.visible, **_box_data(unit)}
                yield Found(channel, {**common, "unit": own})

        return compute

    def show(self, record: Shown) -> Panel:
        layer, data = record.layer, record.data
        unit = data["unit"]
        facts = []
        if unit["position"] is not None:
            y0, x0, y1, x1 = (str(each).replace("-", "−") for each in unit["box"])
            where = "row {}, column {}".format(*unit["position"])
            box = f"sees rows {y0} to {y1}, columns {x0} to {x1}"
            facts.append(Fact("middle unit", where, note=box))
            if unit["visible"] < 1:
                note = "of what it would see without borders"
                facts.append(Fact("in the image", _percent(unit["visible"]), note=note))
            facts.append(Fact("free of padding", _interior(layer, data) or "no unit"))
        facts.append(Fact("known", data["status"], note=_KNOWN[data["status"]]))
        words = (_sentence(unit, data),)
        return Panel(
            facts=tuple(facts),
            extent=_size(unit),
            covers=_area(unit["clipped"]) == data["input"][0] * data["input"][1],
            details=_drawing([unit], layer, data) | {"words": words, "groups": ()},
        )

    def overview(self, shown: ShownLayer) -> Panel | None:
        data = next(iter(shown.records.values()))
        # The largest first, so that the smaller ones are drawn over it.
        drawn = sorted(data["groups"], key=lambda group: -_area(group["box"]))
        named: Sequence[Mapping[str, Any]] = data["groups"]
        if len(drawn) == 1:
            words, named = [_sentence(drawn[0], data)], ()
        else:
            words = ["What it sees depends on the channel:"]
            if len(drawn) > _DRAWN:
                words = [f"{len(drawn)} groups of channels see boxes of their own, from and to:"]
                drawn = [drawn[0], drawn[-1]]
                named = drawn[::-1]
            if None not in data["stride"]:
                words[0] = f"One unit {_every(data['stride'])}. {words[0]}"
        if data["unit"]["position"] is not None:
            free = _interior(shown.layer, data)
            words.append(
                f"{free} see no padding.".capitalize() if free else "Padding reaches every unit."
            )
        groups = [
            {"channels": _channels(each["channels"]), "text": _seen(each, data)} for each in named
        ]
        drawing = _drawing(drawn, shown.layer, data)
        return Panel(details=drawing | {"words": tuple(words), "groups": tuple(groups)})


# What is stored


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


# What is said


def _sentence(seen: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    if data["status"] == "whole":
        return f"Every unit sees the whole image: {_KNOWN['whole']}."
    words = f"One unit sees {_seen(seen, data)}"
    if None not in data["stride"]:
        words += f", one unit {_every(data['stride'])}"
    return words + "."


def _seen(seen: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Size in words, e.g. ``"43 × 43 pixels (3.7 % of the image)"``."""
    return f"{_times(_size(seen))} pixels ({_share(seen, data)})"


def _share(seen: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    height, width = data["input"]
    share = _area(seen["clipped"]) / (height * width)
    words = "all of the image" if share == 1 else f"{_percent(share)} of the image"
    return words if seen["box"] == seen["clipped"] else f"{words}, and beyond it"


def _percent(share: float) -> str:
    percent = 100 if share == 1 else max(min(100 * share, 99.9), 0.01)
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2f} %"


def _interior(layer: PlannedLayer, data: Mapping[str, Any]) -> str:
    """How many units no padding reaches, e.g. ``"24 × 24 of 28 × 28 units"``; empty for none."""
    lines = [data["interior"][name] for name in ("rows", "cols")]
    if None in lines:
        return ""
    counts = [last - first + 1 for first, last in lines]
    if counts == list(layer.shape[1:]):
        return f"all {_times(counts)} units"
    return f"{_times(counts)} of {_times(layer.shape[1:])} units"


def _channels(numbers: str) -> str:
    return numbers.replace("-", "–").replace(",", ", ") if len(numbers) <= 24 else "scattered"


def _times(size: Sequence[int]) -> str:
    return " × ".join(str(each) for each in size)


def _every(stride: Sequence[int]) -> str:
    """How far units are apart, e.g. ``"every 8 pixels"``."""
    if stride[0] != stride[1]:
        return f"every {_times(stride)} pixels"
    return "at every pixel" if stride[0] == 1 else f"every {stride[0]} pixels"


def _size(seen: Mapping[str, Any]) -> tuple[int, int]:
    y0, x0, y1, x1 = seen["box"]
    return y1 - y0 + 1, x1 - x0 + 1


def _area(box: Sequence[int]) -> int:
    y0, x0, y1, x1 = box
    return (y1 - y0 + 1) * (x1 - x0 + 1)


# What is drawn


def _drawing(
    seen: Sequence[Mapping[str, Any]], layer: PlannedLayer, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Image, boxes and the centers of the units, all in pixels of the image."""
    height, width = data["input"]
    boxes = [each["box"] for each in seen]
    top, left = min(0, *(b[0] for b in boxes)), min(0, *(b[1] for b in boxes))
    bottom = max(height, *(b[2] + 1 for b in boxes))
    right = max(width, *(b[3] + 1 for b in boxes))
    pixel = max(bottom - top, right - left) / _SIDE
    edge = 2 * pixel
    return {
        "view": (left - edge, top - edge, right - left + 2 * edge, bottom - top + 2 * edge),
        "image": (width, height),
        "pixel": pixel,
        "boxes": [
            {"x": x0, "y": y0, "width": x1 - x0 + 1, "height": y1 - y0 + 1}
            for y0, x0, y1, x1 in boxes
        ],
        "leaves": any(each["box"] != each["clipped"] for each in seen),
        "dots": _dots(boxes[0], pixel, layer, data),
    }


def _dots(
    box: Sequence[int], pixel: float, layer: PlannedLayer, data: Mapping[str, Any]
) -> dict[str, float] | None:
    """Centers of the units as a repeated tile; None where they would run into each other."""
    position, stride = data["unit"]["position"], data["stride"]
    if position is None or None in stride or min(stride) < _DOTS_APART * pixel:
        return None
    y, x = ((box[0] + box[2] + 1) / 2, (box[1] + box[3] + 1) / 2)
    rows, columns = layer.shape[1:]
    return {
        "x": x - (position[1] + 0.5) * stride[1],
        "y": y - (position[0] + 0.5) * stride[0],
        "across": stride[1],
        "down": stride[0],
        "width": columns * stride[1],
        "height": rows * stride[0],
        "center_x": x,
        "center_y": y,
    }


STUDY = _ReceptiveField()
