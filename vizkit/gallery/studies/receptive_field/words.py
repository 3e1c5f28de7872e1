"""What the panels of receptive fields say: sizes, shares and distances in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.gallery.plan import PlannedLayer
from vizkit.text import percent

KNOWN = {
    "exact": "calculated through every operation",
    "measured": "an operation on the way has no rule and was probed",
    "whole": "an operation on the way couples all positions",
}


def sentence(box: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """What a unit sees, and how far the next unit is."""
    if data["status"] == "whole":
        return f"Every unit sees the whole image: {KNOWN['whole']}."
    words = f"One unit sees {extent(box, data)}"
    if None not in data["stride"]:
        words += f", one unit {spacing(data['stride'])}"
    return words + "."


def extent(box: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Size in words, e.g. ``"43 × 43 pixels (3.7 % of the image)"``."""
    height, width = data["input"]
    share = area(box["clipped"]) / (height * width)
    words = "all of the image" if share == 1 else f"{percent(share)} of the image"
    beyond = "" if box["box"] == box["clipped"] else ", and beyond it"
    return f"{_times(size(box))} pixels ({words}{beyond})"


def interior(layer: PlannedLayer, data: Mapping[str, Any]) -> str:
    """How many units no padding reaches, e.g. ``"24 × 24 of 28 × 28 units"``; empty for none."""
    lines = [data["interior"][name] for name in ("rows", "cols")]
    if None in lines:
        return ""
    counts = [last - first + 1 for first, last in lines]
    if counts == list(layer.shape[1:]):
        return f"all {_times(counts)} units"
    return f"{_times(counts)} of {_times(layer.shape[1:])} units"


def channels(numbers: str) -> str:
    """Numbers of channels as they are printed, where they are few."""
    return numbers.replace("-", "–").replace(",", ", ") if len(numbers) <= 24 else "scattered"


def spacing(stride: Sequence[int]) -> str:
    """How far units are apart, e.g. ``"every 8 pixels"``."""
    if stride[0] != stride[1]:
        return f"every {_times(stride)} pixels"
    return "at every pixel" if stride[0] == 1 else f"every {stride[0]} pixels"


def size(box: Mapping[str, Any]) -> tuple[int, int]:
    """(height, width) of what is seen, as if the image had no borders."""
    y0, x0, y1, x1 = box["box"]
    return y1 - y0 + 1, x1 - x0 + 1


def area(box: Sequence[int]) -> int:
    """Pixels in a box."""
    y0, x0, y1, x1 = box
    return (y1 - y0 + 1) * (x1 - x0 + 1)


def _times(sides: Sequence[int]) -> str:
    return " × ".join(map(str, sides))
