"""How a network builds up what it answers to: pictures from the first layer to the last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.plots.frame import show_image, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from vizkit.rendering import Render

_TILE, _GAP, _LEFT, _TOP = 1.0, 0.06, 0.08, 0.36
"""Inches."""
_PICTURE, _CHANNEL, _FIELD = 1.0, 0.19, 1.12
_SEEN, _BEYOND = "#2a6f97", "#9db9cc"


def depth_strip(
    rows: Sequence[Sequence[Render]],
    fields: Mapping[str, tuple[int, int] | None],
    input_size: tuple[int, int],
    *,
    images: Sequence[Tensor] = (),
    title: str | None = None,
) -> Figure:
    """Pictures of units of one network, a column per layer in the order of depth.

    Below each column is what one of its units sees: a square within the frame of the input, all to
    one scale. Where the square is larger than the input, what lies beyond is pale.

    Parameters
    ----------
    rows : the same layers in each row, one picture per layer.
    fields : layer -> (height, width) in pixels of what a unit sees; None where that is not known.
    input_size : (height, width) of the network's input in pixels.
    images : C H W in [0, 1], one per row, drawn before it: what the row was chosen for.
    title : by default the network.

    Raises
    ------
    UsageError : no pictures, rows of different layers, or another number of images than of rows.
    """
    layers = [each.unit.layer.public_name for each in rows[0]] if rows else []
    if not layers or any([e.unit.layer.public_name for e in row] != layers for row in rows):
        raise UsageError("a strip needs the same layers in every row.\n  Give one picture each.")
    if images and len(images) != len(rows):
        raise UsageError(f"{len(images)} images were given for {len(rows)} rows.")
    if missing := [layer for layer in layers if layer not in fields]:
        raise UsageError(f"there is no field of {', '.join(missing)}.")
    first = 1 if images else 0
    columns = len(layers) + first
    step = _PICTURE + _CHANNEL
    width = 2 * _LEFT + columns * (_TILE + _GAP) + (0.12 if images else 0)
    height = _TOP + 0.24 + len(rows) * step + _FIELD + 0.5
    figure = _figure(width, height)

    def place(column: int, top: float, high: float) -> Axes:
        shift = 0.12 if images and column else 0
        left = _LEFT + column * (_TILE + _GAP) + shift
        box = (left / width, 1 - (top + high) / height, _TILE / width, high / height)
        return figure.add_axes(box)

    for number, row in enumerate(rows):
        top = _TOP + 0.24 + number * step
        if images:
            show_image(place(0, top, _PICTURE), images[number])
        for column, each in enumerate(row):
            axes = place(column + first, top, _PICTURE)
            show_image(axes, each.image)
            axes.set_xlabel(_label(each), fontsize=8.5, labelpad=1.5, color=_color(each))
            if number == 0:
                axes.set_title(layers[column], fontsize=10.5, pad=4, parse_math=False)
    top = _TOP + 0.24 + len(rows) * step + 0.12
    known = [max(f) for f in fields.values() if f is not None]
    scale = max([*input_size, *known])
    for column, layer in enumerate(layers):
        axes = place(column + first, top, _TILE)
        _draw_field(axes, fields[layer], input_size, scale, images[0] if images else None)
    if images:
        axes = place(0, top, _TILE)
        axes.set_axis_off()
        axes.text(0, 0.5, "what one\nunit sees,\nto scale", fontsize=10, va="center")
    sources = {each.unit.source for row in rows for each in row}
    random = any(each.random for row in rows for each in row)
    show_title(figure, title or ", ".join(sorted(sources)), random)
    return figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=STYLE["dpi"])
    figure.set_facecolor(STYLE["paper"])
    return figure


def _label(render: Render) -> str:
    channel = render.unit.place
    state = "failed" if render.error is not None else "dead" if render.dead else ""
    return f"{channel} {state}".strip()


def _color(render: Render) -> str:
    failed = render.error is not None or render.dead
    return str(STYLE["warning"] if failed else STYLE["faint"])


def _draw_field(
    axes: Axes,
    field: tuple[int, int] | None,
    input_size: tuple[int, int],
    scale: int,
    image: Tensor | None,
) -> None:
    from matplotlib.patches import Rectangle

    def box(sides: tuple[float, float], **look: Any) -> Rectangle:
        high, wide = sides
        patch = Rectangle((-wide / 2, -high / 2), wide, high, **look)
        axes.add_patch(patch)
        return patch

    text = "?"
    if field is not None:
        if max(f - s for f, s in zip(field, input_size, strict=True)) > 0:
            box(field, facecolor=_BEYOND, lw=0, zorder=0)
        clipped = (min(field[0], input_size[0]), min(field[1], input_size[1]))
        seen = box(clipped, facecolor=_SEEN if image is None else "none", edgecolor=_SEEN, lw=0.9)
        if image is not None:
            _draw_seen(axes, image, input_size, seen)
        text = f"{field[0]} px" if field[0] == field[1] else f"{field[0]} x {field[1]} px"
        share = math.prod(min(f / s, 1) for f, s in zip(field, input_size, strict=True))
        text += f"\n{100 * share:.2g} %" if share < 1 else "\n100 %"
    box(input_size, facecolor="none", edgecolor=STYLE["ink"], lw=0.7)
    axes.set_aspect("equal")
    axes.set_xlim(-scale / 2 - 2, scale / 2 + 2)
    axes.set_ylim(scale / 2 + 2, -scale / 2 - 2)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(text, fontsize=9.5, labelpad=3)


def _draw_seen(axes: Axes, image: Tensor, size: tuple[int, int], seen: Rectangle) -> None:
    """Image in the frame of the input: pale, but for what a unit in the middle sees."""
    show_image(axes, 0.75 + 0.25 * image)
    show_image(axes, image)
    for shown in axes.images:
        shown.set_extent((-size[1] / 2, size[1] / 2, size[0] / 2, -size[0] / 2))
    axes.images[0].set_zorder(0.5)
    axes.images[1].set_zorder(0.6)
    axes.images[1].set_clip_path(seen)
