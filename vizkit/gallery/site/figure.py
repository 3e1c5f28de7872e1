"""The large picture of a unit with its measures: scale bar, and the box that one unit sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vizkit.gallery.plan import PlannedNetwork
from vizkit.gallery.site.scale import large_scale, scale_bar
from vizkit.gallery.site.views import UnitView, picture_url


@dataclass(frozen=True, slots=True)
class Box:
    """A box centered in a drawing, in the drawing's own units."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> str:
        """SVG path of the box's four corner marks."""
        arm = min(self.width, self.height) / 5
        left, right = self.x, self.x + self.width
        top, bottom = self.y, self.y + self.height
        return " ".join(
            f"M{_n(x)} {_n(y + dy * arm)}V{_n(y)}H{_n(x + dx * arm)}"
            for x, y, dx, dy in (
                (left, top, 1, 1),
                (right, top, -1, 1),
                (right, bottom, -1, -1),
                (left, bottom, 1, -1),
            )
        )


def large_picture(unit: UnitView) -> dict[str, Any] | None:
    """Picture that heads a unit's page, as its template shows it; None when there is none yet.

    Its scale bar is ``bar`` picture pixels long, ``bar_share`` percent of the width; its ``box`` is
    what one unit sees, in picture pixels, None where it does not fit or is unknown.
    """
    view, picture = unit.shown, unit.picture
    if view is None or picture is None:
        return None
    size = picture.height, picture.width
    extent, covers = unit.extent or (unit.layer.extent, unit.layer.covers)
    fits = extent is not None and extent[0] < size[0] and extent[1] < size[1]
    marked = fits and not covers and size == unit.layer.canvas
    scale = large_scale(*size, main=True)
    width, height = scale.size(picture.width, picture.height)
    bar = scale_bar(picture.width)
    return {
        "src": picture_url(view, picture),
        "picture": picture,
        "width": width,
        "height": height,
        "scale": scale.text,
        "bar": bar,
        "bar_share": _n(100 * bar / picture.width),
        "box": _centered(extent, size) if extent is not None and marked else None,
    }


def scale_drawing(network: PlannedNetwork, unit: UnitView) -> dict[str, Any]:
    """Input, canvas and what one unit sees as rectangles to one scale, the largest first.

    ``width`` and ``height`` are the drawing's, in pixels.
    """
    sizes = {"input": network.input[1:], "picture": unit.layer.canvas}
    extent, _ = unit.extent or (unit.layer.extent, unit.layer.covers)
    if extent is not None:
        sizes["unit"] = extent
    height, width = (max(sides) for sides in zip(*sizes.values(), strict=True))
    squares = [
        {"kind": kind, "size": size, "box": _centered(size, (height, width))}
        for kind, size in sorted(sizes.items(), key=lambda item: -item[1][0] * item[1][1])
    ]
    return {"width": width, "height": height, "squares": squares}


def _centered(size: tuple[int, int], within: tuple[int, int]) -> Box:
    (rows, columns), (height, width) = size, within
    return Box((width - columns) / 2, (height - rows) / 2, columns, rows)


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
