"""Figure of several architectures, one below the other, with their volumes to one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import plain_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from computations.blocks import Block
    from vizkit.receptive_fields import ReceptiveFields

COLORS = {
    "image": "#d9d9d9",
    "convolution": "#5b9bd0",
    "branches, joined": "#a678b8",
    "residual block": "#6aa56e",
    "pooling": "#e2a04a",
    "fully connected": "#8a8a8a",
}
"""Color of each kind of layer."""

# Lengths in inches.
_WIDE, _ROW, _HEAD, _FOOT = 13.33, 1.02, 0.95, 0.45
_LEFT, _ROOM = 1.9, 8.0
_TALLEST = 0.56
_SLANT = (0.26, 0.2)
_GAP, _PITCH = 0.045, 0.25
_COLUMNS = {
    "layers with\nweights": 10.55,
    "parameters": 11.45,
    "multiply-\nadds": 12.25,
    "receptive\nfield": 13.05,
}


def architectures(
    networks: Mapping[str, ReceptiveFields], notes: Mapping[str, str] | None = None
) -> Figure:
    """Draw networks one below the other, every volume to one scale, with what they cost.

    Sides of volumes are square roots of rows, columns and channels. Layers with weights are the
    convolutions and matrix products on the longest way from the image. The receptive field is that
    of the last convolution, borders ignored.

    Parameters
    ----------
    networks : title -> result of `vizkit.receptive_field`, in the order to draw them.
    notes : title -> what to write below it, such as who published it when.

    Raises
    ------
    UsageError : no networks.
    """
    from computations.blocks import blocks, numbers

    if not networks:
        raise UsageError(
            "there is nothing to draw.\n"
            "  Give titles and fields: {'AlexNet': vizkit.receptive_field('alexnet')}."
        )
    drawn = {title: blocks(fields) for title, fields in networks.items()}
    height = _HEAD + _ROW * len(networks) + _FOOT
    figure = plain_figure(_WIDE, height)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, _WIDE), ylim=(0, height))
    axes.set_axis_off()
    per_root = _TALLEST / max(sqrt(each.height) for row in drawn.values() for each in row)
    scales = per_root, _along(tuple(drawn.values()), per_root)
    for number, (title, fields) in enumerate(networks.items()):
        middle = height - _HEAD - _ROW * (number + 0.5)
        if number:
            axes.plot((0.25, _WIDE - 0.25), (middle + _ROW / 2,) * 2, color="#e0e0e0", lw=0.8)
        _write_name(axes, middle, title, (notes or {}).get(title, ""))
        _draw(axes, drawn[title], middle, scales)
        of = numbers(fields)
        costs = _short(of.parameters), _short(of.multiply_adds)
        told = (str(of.depth), *costs, f"{of.field} px" if of.field else "-")
        for x, text in zip(_COLUMNS.values(), told, strict=True):
            axes.text(x, middle, text, ha="right", va="center", fontsize=11, color=STYLE["ink"])
    _write_frame(axes, height)
    return figure


def _short(count: int) -> str:
    """Three digits and a unit."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            number = count / size
            return f"{number:.{max(0, 2 - len(str(int(number))) + 1)}f} {unit}"
    return str(count)


def _along(rows: Sequence[Sequence[Block]], per_root: float) -> float:
    """Inches for the square root of a channel: what lets the longest network fit."""
    along = 1.0
    while max(sum(_advance(each, (per_root, along)) for each in row) for row in rows) > _ROOM:
        along *= 0.98
    return along


def _advance(block: Block, scales: tuple[float, float]) -> float:
    """Inches from a block to the next; labels of thin ones need some."""
    per_root, along = scales
    inward = _SLANT[0] * per_root * sqrt(block.width)
    return max(along * sqrt(block.channels) + inward + _GAP, _PITCH)


def _draw(axes: Axes, row: Sequence[Block], middle: float, scales: tuple[float, float]) -> None:
    per_root, along = scales
    x, label_y = _LEFT, middle - _TALLEST / 2 - 0.13
    for (height, width), same in groupby(row, lambda each: (each.height, each.width)):
        start, last = x, 0
        for each in same:
            tall, inward = per_root * sqrt(height), per_root * sqrt(width)
            right, up = _SLANT[0] * inward, _SLANT[1] * inward
            long = along * sqrt(each.channels)
            _draw_box(axes, each.kind, (x, middle - (tall + up) / 2), (long, tall), (right, up))
            if each.channels != last:
                top = middle + (tall + up) / 2 + 0.035
                place = x + (long + right) / 2
                _write(axes, place, top, str(each.channels), STYLE["faint"], va="bottom")
            last = each.channels
            x += _advance(each, scales)
        if height * width > 1:
            side = str(height) if height == width else f"{height} × {width}"
            _write(axes, (start + x - _GAP) / 2, label_y, side, STYLE["ink"], va="center")


def _draw_box(
    axes: Axes,
    kind: str,
    corner: tuple[float, float],
    size: tuple[float, float],
    slant: tuple[float, float],
) -> None:
    """A box whose front faces the reader and whose depth goes right and up."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Polygon

    (x, y), (long, tall), (right, up) = corner, size, slant
    far, top = x + long, y + tall
    faces = (
        (((x, y), (far, y), (far, top), (x, top)), 1.0),
        (((x, top), (far, top), (far + right, top + up), (x + right, top + up)), 1.25),
        (((far, y), (far + right, y + up), (far + right, top + up), (far, top)), 0.72),
    )
    for corners, light in faces:
        color = tuple(min(1.0, part * light) for part in to_rgb(COLORS[kind]))
        axes.add_patch(Polygon(corners, facecolor=color, edgecolor="white", lw=0.35))


def _write(axes: Axes, x: float, y: float, text: str, color: str, *, va: str) -> None:
    axes.text(x, y, text, ha="center", va=va, fontsize=8, color=color)


def _write_name(axes: Axes, middle: float, title: str, note: str) -> None:
    axes.text(
        *(0.3, middle + 0.1, title),
        ha="left",
        va="center",
        fontsize=12,
        color=STYLE["ink"],
        weight="bold",
        parse_math=False,
    )
    below = {"ha": "left", "va": "center", "fontsize": 9, "color": STYLE["faint"]}
    axes.text(0.3, middle - 0.16, note, parse_math=False, **below)


def _write_frame(axes: Axes, height: float) -> None:
    """Heads of the columns, colors and scale."""
    from matplotlib.patches import Rectangle

    heads = {"ha": "right", "va": "bottom", "fontsize": 9, "color": STYLE["faint"]}
    for text, x in _COLUMNS.items():
        axes.text(x, height - _HEAD + 0.06, text, **heads)
    title = "Architectures, volumes to one scale"
    axes.text(0.3, height - 0.2, title, va="top", fontsize=15, color=STYLE["ink"])
    scale = (
        "Each side of a box is the square root of its number.  "
        "Above: channels.  Below: rows and columns."
    )
    axes.text(0.3, height - 0.55, scale, va="top", fontsize=9, color=STYLE["faint"])
    x = 0.3
    for kind, color in COLORS.items():
        axes.add_patch(Rectangle((x, 0.16), 0.18, 0.14, color=color, lw=0))
        axes.text(x + 0.25, 0.225, kind, va="center", fontsize=10, color=STYLE["ink"])
        x += 0.6 + 0.085 * len(kind)
