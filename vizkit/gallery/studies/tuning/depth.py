"""Invariance over the layers of a network: one small chart for each family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.gallery.studies.tuning.axes import Scale, band, path
from vizkit.gallery.studies.tuning.layer_rows import orientation_share
from vizkit.gallery.studies.tuning.probes import in_order
from vizkit.gallery.studies.tuning.words import TITLES, number

_WIDE, _HIGH = 232.0, 132.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 10.0, 12.0, 20.0
_TUNED = "Selective for orientation"

Records = Mapping[str, Mapping[int, Mapping[str, Any]]]


def depth_charts(records: Records) -> dict[str, Any]:
    """Charts of all families over the layers, and their numbers as a table.

    A network of which fewer than two layers are there gets none.
    """
    if len(records) < 2:
        return {"charts": [], "rows": [], "heads": []}
    layers = list(records)
    firsts = [next(iter(own.values())) for own in records.values()]
    charts, columns = [], []
    for name in in_order(firsts[0]["layer"]):
        own = [each["layer"][name] for each in firsts]
        moved = [each["moved"] for each in own]
        charts.append(
            _chart(TITLES[name], layers, moved, null=own[-1]["null"], pixels=own[0]["pixels"])
        )
        columns.append([number(value) for value, _, _ in moved])
    shares = [orientation_share(own.values()) for own in records.values()]
    if sum(asked > 0 for _, asked in shares) > 1:
        points = [(t / n if n else None, None, None) for t, n in shares]
        charts.append(_chart(_TUNED, layers, points, null=0.05, pixels=None, share=True))
        columns.append([f"{t} of {n}" if n else "–" for t, n in shares])
    return {
        "charts": charts,
        "heads": [each["title"] for each in charts],
        "rows": [
            {"layer": layer, "cells": cells}
            for layer, cells in zip(layers, zip(*columns, strict=True), strict=True)
        ],
        "images": firsts[0]["images"],
    }


def _chart(
    title: str,
    layers: Sequence[str],
    points: Sequence[Sequence[float | None]],
    *,
    null: float | None,
    pixels: float | None,
    share: bool = False,
) -> dict[str, Any]:
    # The image itself stands before the first layer.
    across = Scale(-1.0 if pixels is not None else 0.0, len(layers) - 1.0, _LEFT, _WIDE - _RIGHT)
    numbers = [each for point in points for each in point if each is not None]
    most = 1.0 if share else max(1.05, *numbers, null or 0.0, pixels or 0.0)
    up = Scale(0.0, most, _HIGH - _BOTTOM, _TOP)
    there = [(i, point[0]) for i, point in enumerate(points) if point[0] is not None]
    line = [(across(i), up(value)) for i, value in there]
    ends = [
        (across(i), up(low), up(high))
        for i, (_, low, high) in enumerate(points)
        if low is not None and high is not None
    ]
    start = None if pixels is None else (across(-1.0), up(pixels))
    return {
        "title": title,
        "width": _WIDE,
        "height": _HIGH,
        "line": path([start, *line] if start else line),
        "band": band([(x, y) for x, y, _ in ends], [(x, y) for x, _, y in ends]),
        "dots": [
            {"x": x, "y": y, "text": f"{layers[i]}: {number(value)}"}
            for (x, y), (i, value) in zip(line, there, strict=True)
        ],
        "start": start,
        "null": None if null is None else up(null),
        "zero": up(0.0),
        "one": up(1.0),
        "left": _LEFT,
        "right": _WIDE - _RIGHT,
        "first": {"x": across(0.0), "text": layers[0]},
        "last": {"x": across(len(layers) - 1.0), "text": layers[-1]},
        "share": share,
        "bottom": _HIGH - 5.0,
        "text": f"{title}: {number(points[0][0])} at {layers[0]}, "
        f"{number(points[-1][0])} at {layers[-1]}",
    }
