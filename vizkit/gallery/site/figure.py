"""The large picture of a unit with its measures: scale bar, and the box that one unit sees."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.gallery.panel import Picture
from vizkit.gallery.plan import PlannedLayer, PlannedNetwork
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


@dataclass(frozen=True, slots=True)
class LargePicture:
    """A unit's picture as its page shows it.

    Attributes
    ----------
    src : relative URL.
    picture : the image file.
    width, height : in screen pixels.
    scale : ``"×2"`` and the like, empty at true scale.
    bar : length of the scale bar in picture pixels.
    bar_share : the same in percent of the picture's width.
    box : what one unit sees, in picture pixels; None where it does not fit or is unknown.
    """

    src: str
    picture: Picture
    width: int
    height: int
    scale: str
    bar: int
    bar_share: str
    box: Box | None


@dataclass(frozen=True, slots=True)
class Square:
    """A labeled rectangle of the scale drawing."""

    kind: str
    text: str
    box: Box


def large_picture(layer: PlannedLayer, unit: UnitView) -> LargePicture | None:
    """Picture that heads a unit's page; None when there is none yet."""
    view, picture = unit.shown, unit.picture
    if view is None or picture is None:
        return None
    scale = large_scale(picture.height, picture.width, main=True)
    width, height = scale.size(picture.width, picture.height)
    bar = scale_bar(picture.width)
    box = None
    on_canvas = (picture.height, picture.width) == layer.canvas
    extent, covers = unit.extent or (layer.extent, layer.covers)
    if on_canvas and extent is not None and not covers:
        rows, columns = extent
        if rows < picture.height and columns < picture.width:
            box = _centered(rows, columns, picture.height, picture.width)
    return LargePicture(
        src=picture_url(view, picture),
        picture=picture,
        width=width,
        height=height,
        scale=scale.text,
        bar=bar,
        bar_share=_n(100 * bar / picture.width),
        box=box,
    )


def scale_drawing(
    network: PlannedNetwork, layer: PlannedLayer, unit: UnitView
) -> tuple[int, int, list[Square]]:
    """Width and height of a drawing in pixels, and its rectangles, the largest first.

    Input, canvas and what one unit sees, all to one scale.
    """
    sizes = [("input", network.input[1:]), ("picture", layer.canvas)]
    extent, _ = unit.extent or (layer.extent, layer.covers)
    if extent is not None:
        sizes.append(("unit", extent))
    height = max(size[0] for _, size in sizes)
    width = max(size[1] for _, size in sizes)
    squares = [
        Square(kind, f"{size[0]} × {size[1]}", _centered(size[0], size[1], height, width))
        for kind, size in sizes
    ]
    squares.sort(key=lambda square: -square.box.width * square.box.height)
    return width, height, squares


def _centered(rows: int, columns: int, height: int, width: int) -> Box:
    return Box((width - columns) / 2, (height - rows) / 2, columns, rows)


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
