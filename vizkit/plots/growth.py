"""Figure of theoretical receptive fields over the depth of networks."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

    from vizkit.receptive_fields import LayerField, ReceptiveFields


def receptive_field_growth(*fields: ReceptiveFields) -> Figure:
    """How receptive fields grow over the depth of one or several networks.

    Depth counts the convolutions and matrix products on the longest way from the image; pooling
    adds none, and shows as a step upward. A band spans the channels of blocks whose channels see
    patches of different sizes. A curve ends with the last layer that has a map of positions, or
    with the first whose units see the whole image for another reason than their windows.

    Parameters
    ----------
    fields : results of `vizkit.receptive_field`.

    Raises
    ------
    UsageError : none, or one of a network that has no layer with a map.
    """
    if not fields:
        raise UsageError("there is nothing to draw.\n  Give vizkit.receptive_field('googlenet').")
    curves = [_curve(network) for network in fields]
    figure = new_figure(7.2, 4.2)
    axes = figure.subplots()
    axes.set_yscale("log", base=2)
    axes.set_xlim(0, 1.06 * max(curve[-1][0] for curve in curves))
    colored = zip(fields, curves, cycle(STYLE["palette"]))
    names = [_draw(axes, network, curve, color) for network, curve, color in colored]
    images = _mark_images(axes, fields)
    _finish(figure, axes)
    _part(figure, names, images)
    return figure


_Point = tuple[int, int, int, bool]
"""Depth, smallest and largest side that channels see, and whether windows alone make it."""


def _curve(fields: ReceptiveFields) -> list[_Point]:
    from vizkit.receptive_fields.trunk import depths, trunk

    at = depths(fields)
    points: list[_Point] = [(0, 1, 1, True)]
    for row in trunk(fields):
        sides = _sides(row)
        if len(row.shape) < 2 or not sides or row.place.value is None:
            continue
        depth = at[row.place.value.number]
        if row.status != "whole" and len(row.shape) == 3 and row.stride != (None, None):
            points.append((depth, min(sides), max(sides), True))
        elif row.status == "whole" and max(row.shape[1:]) > 1:
            points.append((depth, min(sides), max(sides), False))
            break
    if len(points) == 1:
        raise UsageError(
            f"{fields.network} has no layer with a map of rows and columns to draw.\n"
            "  Leave it out."
        )
    return points


def _sides(row: LayerField) -> list[int]:
    """Larger side of what each group of channels sees."""
    sides = (max((side for side in g.size if side is not None), default=0) for g in row.groups)
    return [side for side in sides if side]


def _draw(axes: Axes, fields: ReceptiveFields, curve: Sequence[_Point], color: str) -> Annotation:
    """Draw a curve, and return its name."""
    depth, low, high, windows = zip(*curve, strict=True)
    axes.fill_between(depth, low, high, color=color, alpha=0.18, lw=0)
    axes.plot(depth, high, color=color, lw=1.3)
    axes.plot(depth[1:], high[1:], "o", ms=2.6, mew=0, color=color)
    if not windows[-1]:
        axes.plot(depth[-1], high[-1], "o", ms=5, mew=1, color=color, mfc=STYLE["paper"])
    side = max(fields.input_size)
    beyond = next(((x, y) for x, y in zip(depth, high, strict=True) if y > side), None)
    if beyond is not None:
        axes.plot(*beyond, "o", ms=5, mew=1, color=color, mfc=STYLE["paper"], zorder=4)
    text = f"{fields.network} {high[-1]}" + ("" if windows[-1] else ", whole")
    ha = "left" if depth[-1] < 0.15 * axes.get_xlim()[1] else "center"
    return _write(axes, text, (depth[-1], high[-1]), color, ha=ha, above=6)


def _mark_images(axes: Axes, all_fields: Sequence[ReceptiveFields]) -> list[Annotation]:
    """Draw the sides of images, and return their names."""
    # At the left, where no curve is so high.
    left = axes.get_xlim()[1] / 100
    sides = sorted({max(fields.input_size) for fields in all_fields})
    for side in sides:
        axes.axhline(side, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)), zorder=0)
    return [
        _write(axes, f"image {side} px", (left, side), STYLE["faint"], ha="left", above=3)
        for side in sides
    ]


def _write(
    axes: Axes, text: str, at: tuple[float, float], color: str, *, ha: str, above: float
) -> Annotation:
    """Write above a point; a halo keeps the words legible on lines."""
    from matplotlib.patheffects import withStroke

    return axes.annotate(
        text,
        at,
        xytext=(0, above),
        textcoords="offset points",
        ha=ha,
        va="bottom",
        color=color,
        fontsize=STYLE["caption_pt"] + 0.5,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.5, foreground=STYLE["paper"])],
        zorder=5,
    )


def _part(figure: Figure, names: Sequence[Annotation], images: Sequence[Annotation]) -> None:
    """Move names upward until none covers another or that of an image."""
    figure.draw_without_rendering()
    placed: list[Bbox] = [image.get_window_extent() for image in images]
    for name in sorted(names, key=lambda name: name.xy):
        while any(name.get_window_extent().overlaps(box) for box in placed):
            name.xyann = (name.xyann[0], name.xyann[1] + 1)
        placed.append(name.get_window_extent())


def _finish(figure: Figure, axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel("depth: convolutions and matrix products on the longest way")
    axes.set_ylabel("side of the receptive field [px]")
    axes.text(
        0.985,
        0.03,
        "vertical steps: pooling\n"
        "bands: channels of one layer that see patches of different sizes\n"
        "rings: the first field larger than the image, or whole",
        transform=axes.transAxes,
        ha="right",
        linespacing=1.5,
        color=STYLE["faint"],
        fontsize=STYLE["caption_pt"],
    )
    add_head(figure, "How receptive fields grow", random=False)
