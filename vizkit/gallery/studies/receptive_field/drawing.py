"""What the panels of receptive fields draw: the image, the boxes in it and centers of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.gallery.plan import PlannedLayer

_SIDE = 224
"""Side on the screen for which dots and margins are chosen; the page may show less."""
_DOTS_APART = 4


def drawing(
    seen: Sequence[Mapping[str, Any]], layer: PlannedLayer, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Image, boxes and the centers of the units, all in pixels of the image."""
    height, width = data["input"]
    boxes = [group["box"] for group in seen]
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
        "leaves": any(group["box"] != group["clipped"] for group in seen),
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
