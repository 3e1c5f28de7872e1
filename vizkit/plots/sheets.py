"""Sheets of pictures at true scale, with captions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.images.planes import count_side_by_side
from vizkit.plots.frame import colored, plain_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vizkit.rendering import Render


_TINY = 64
"""Pictures of half as many pixels or fewer are enlarged up to here, by a whole number."""


def contact_sheet(
    renders: Sequence[Render],
    *,
    columns: int | None = None,
    title: str | None = None,
    captions: Sequence[str] | None = None,
) -> Figure:
    """All pictures in rows at one scale, each with its unit and responses.

    Parameters
    ----------
    renders : results of `vizkit.render`, or of a gallery by `vizkit.gallery.read`.
    columns : pictures in a row; by default at most 8.
    title : by default the network, and the layer where there is only one.
    captions : one per picture, in place of the unit.

    Returns
    -------
    Figure : one axes per picture, in order.

    Raises
    ------
    UsageError : no pictures, too few captions or no columns.

    Examples
    --------
    >>> import vizkit
    >>> renders = vizkit.render("lenet5@random/c3:0-3", recipe=vizkit.Recipe(steps=1))
    >>> len(contact_sheet(renders).axes)
    4
    """
    tiles = _tiles(renders, captions)
    wide = _columns(columns, len(tiles))
    rows = [tiles[first : first + wide] for first in range(0, len(tiles), wide)]
    return _draw([_Row("", row) for row in rows], _title(renders) if title is None else title)


def layer_sheet(
    renders: Sequence[Render], *, columns: int | None = None, title: str | None = None
) -> Figure:
    """Pictures in rows by layer, the layer's name at the left; the depth of a network at a glance.

    Parameters
    ----------
    renders : of several layers; those of one layer follow each other.
    columns : pictures in a row; by default at most 8. A layer with more takes several rows.
    title : by default the networks.

    Raises
    ------
    UsageError : no pictures or no columns.
    """
    tiles = _tiles(renders, [render.unit.place for render in renders])
    wide = _columns(columns, len(tiles))
    sources = _sources(renders)
    rows = []
    for (source, layer), group in groupby(tiles, key=lambda tile: _place(tile.render)):
        placed = list(group)
        label = layer if len(sources) == 1 else f"{source}/{layer}"
        rows += [
            _Row("" if first else label, placed[first : first + wide])
            for first in range(0, len(placed), wide)
        ]
    return _draw(rows, ", ".join(sources) if title is None else title)


@dataclass(frozen=True, slots=True)
class _Tile:
    """A picture, its size in dots, and its caption: lines of text with their colors."""

    render: Render
    width: int
    height: int
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    tiles: list[_Tile]

    @property
    def height(self) -> int:
        """Height with captions in dots."""
        lines = max(len(tile.lines) for tile in self.tiles)
        return max(tile.height for tile in self.tiles) + int(STYLE["line"]) * lines


def _tiles(renders: Sequence[Render], captions: Sequence[str] | None) -> list[_Tile]:
    if not len(renders):
        raise UsageError(
            "there are no pictures to draw.\n  Give the results of vizkit.render(...)."
        )
    if captions is not None and len(captions) != len(renders):
        raise UsageError(f"{len(captions)} captions were given for {len(renders)} pictures.")
    if captions is None:
        alone = len({_place(render) for render in renders}) == 1
        captions = [
            render.unit.place if alone else f"{_place(render)[1]}:{render.unit.place}"
            for render in renders
        ]
    tiles = []
    dots = _dots_of_a_pixel(renders)
    for render, caption in zip(renders, captions, strict=True):
        lines = [(caption, STYLE["ink"]), _state(render)]
        if render.random:
            lines.append(("RANDOM WEIGHTS", STYLE["warning"]))
        height, width = render.canvas_size
        width *= count_side_by_side(len(render.image))
        tiles.append(_Tile(render, width * dots, height * dots, tuple(lines)))
    return tiles


def _dots_of_a_pixel(renders: Iterable[Render]) -> int:
    """Side of a picture's pixel in dots; the same for all, more where all pictures are tiny."""
    largest = max(max(render.canvas_size) for render in renders)
    return int(STYLE["dots"]) * max(1, _TINY // largest)


def _state(render: Render) -> tuple[str, str]:
    if render.error is not None:
        return "failed", STYLE["warning"]
    if render.dead:
        return "dead", STYLE["warning"]
    start = "" if math.isnan(render.initial) else f"{render.initial:.3g} "
    response = f"{start}→ {render.final:.3g}"
    if render.state != "ok":
        return f"{render.state} {response}", STYLE["warning"]
    return response, STYLE["faint"]


def _columns(asked: int | None, pictures: int) -> int:
    if asked is not None and asked < 1:
        raise UsageError(f"columns={asked} is out of range.\n  Give 1 or more.")
    return min(asked or 8, pictures)


def _place(render: Render) -> tuple[str, str]:
    """Network with weights, and layer, of a picture."""
    return render.unit.source, render.unit.layer.public_name


def _sources(renders: Iterable[Render]) -> list[str]:
    return list(dict.fromkeys(_place(render)[0] for render in renders))


def _title(renders: Sequence[Render]) -> str:
    layers = {_place(render) for render in renders}
    layer = f", layer {_place(renders[0])[1]}" if len(layers) == 1 else ""
    return ", ".join(_sources(renders)) + layer


def _draw(rows: list[_Row], title: str) -> Figure:
    """Lay out and draw; lengths in dots, from the top left corner."""
    margin, gap, line = STYLE["margin"], STYLE["gap"], STYLE["line"]
    tiles = [tile for row in rows for tile in row.tiles]
    cell = max(max(tile.width, _dots(tile.lines)) for tile in tiles)
    left = max(_dots([(row.label, "")]) for row in rows)
    left = margin + (left + gap if left else 0)
    top = margin + (STYLE["title"] if title else 0)
    bar = 50 if max(tile.render.canvas_size[1] for tile in tiles) >= 50 else 10
    end = margin + bar * _dots_of_a_pixel([tile.render for tile in tiles])
    steps = {tile.render.steps for tile in tiles}
    note = f"{bar} px of the input" + (f"; {steps.pop()} steps" if len(steps) == 1 else "")
    across = max(len(row.tiles) for row in rows)
    width = max(left + across * (cell + gap) - gap, margin + _dots([(title, "")], "title_pt"))
    width = max(width, math.ceil(end + gap / 2) + _dots([(note, "")]))
    height = top + sum(row.height + gap for row in rows) + 2 * line
    width, height = width + margin, height + margin
    figure = plain_figure(width / STYLE["dpi"], height / STYLE["dpi"])

    def write(x: float, y: float, text: str, color: str, size: str = "caption_pt") -> None:
        # A dollar sign is a dollar sign, not mathematics.
        figure.text(
            x / width,
            1 - y / height,
            text,
            color=color,
            fontsize=STYLE[size],
            va="top",
            parse_math=False,
        )

    write(margin, margin, title, STYLE["ink"], "title_pt")
    y = top
    for row in rows:
        write(margin, y, row.label, STYLE["ink"])
        for place, tile in enumerate(row.tiles):
            x = left + place * (cell + gap)
            box = (x / width, 1 - (y + tile.height) / height, tile.width / width)
            _draw_picture(figure, (*box, tile.height / height), tile.render)
            for number, (text, color) in enumerate(tile.lines):
                write(x, y + tile.height + (number + 0.3) * line, text, color)
        y += row.height + gap
    _draw_bar(figure, [margin / width, end / width], 1 - (y + line) / height)
    write(end + gap / 2, y + 0.55 * line, note, STYLE["faint"])
    return figure


def _draw_picture(figure: Figure, box: tuple[float, float, float, float], render: Render) -> None:
    axes = figure.add_axes(box, label=render.address)
    axes.set_axis_off()
    if render.error is None:
        # Without interpolation, in boxes of whole dots: every pixel is exactly itself.
        axes.imshow(colored(render.pixels()), interpolation="none", aspect="auto")


def _draw_bar(figure: Figure, ends: list[float], y: float) -> None:
    from matplotlib.lines import Line2D

    bar = Line2D(ends, [y, y], color=STYLE["ink"], linewidth=1.5, solid_capstyle="butt")
    bar.set_transform(figure.transFigure)
    figure.add_artist(bar)


def _dots(lines: Iterable[tuple[str, str]], size: str = "caption_pt") -> int:
    """Width of the longest line in dots."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=STYLE[size])
    points = [text_to_path.get_text_width_height_descent(text, font, False)[0] for text, _ in lines]
    return math.ceil(max(points) * float(STYLE["dpi"]) / 72)
