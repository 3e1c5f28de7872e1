"""Pooling along a line, and the windows of pooling on a grid, as textbooks draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vizkit.arithmetic import Pooling, Window
from vizkit.errors import UsageError
from vizkit.plots.frame import new_figure, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RADIUS, _RISE, _PANEL = 0.36, 1.7, 2.9
_SAME, _CHANGED, _WINNER = "#eef3f7", "#f7ddd8", "#2a6f97"
_PT = 13


def pooling_diagram(
    inputs: Mapping[str, Sequence[float]],
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    ceil: bool = False,
    title: str = "",
) -> Figure:
    """Max pooling along a line: inputs below, outputs above them, bold where a maximum comes from.

    With several inputs, what differs from the first one is red, and counted at the right.

    Parameters
    ----------
    inputs : name -> values, all of one length.
    kernel, stride, padding, ceil : as of `vizkit.arithmetic.Pooling`; padding never wins.

    Raises
    ------
    UsageError : no inputs, or such of different lengths.
    """
    lengths = {len(each) for each in inputs.values()}
    if len(lengths) != 1:
        raise UsageError(f"inputs of {sorted(lengths)} values have no common diagram.")
    size = lengths.pop()
    window = Window(size, kernel, stride, padding, padding, ceil=ceil)
    several = len(inputs) > 1
    figure = new_figure(1.0 * size + (5.4 if several else 3.4), _PANEL * len(inputs) + 0.6)
    figure.set_layout_engine("constrained", h_pad=0.1)
    grid = figure.subplots(len(inputs), 1, squeeze=False)[:, 0]
    first: list[list[float]] = []
    for axes, (name, values) in zip(grid, inputs.items(), strict=True):
        rows = [list(values), pool_line(values, window)]
        first = first or rows
        changed = [
            [a != b for a, b in zip(*pair, strict=True)] for pair in zip(rows, first, strict=True)
        ]
        _draw_line(axes, rows, changed, window)
        axes.text(-1.0, _RISE, "pooling", fontsize=_PT, ha="right", va="center")
        axes.text(-1.0, 0, "inputs", fontsize=_PT, ha="right", va="center")
        axes.set_title(name, fontsize=_PT, loc="left")
        if rows is not first:
            for height, marks in zip((0, _RISE), changed, strict=True):
                said = f"{sum(marks)} of {len(marks)} change"
                axes.text(size - 0.3, height, said, fontsize=_PT, va="center")
        axes.set_xlim(-2.6, size + (1.9 if several else -0.4))
    show_title(figure, title or f"max pooling, width {kernel}, stride {stride}", False)
    return figure


def pool_line(values: Sequence[float], window: Window) -> list[float]:
    """Largest value of each window.

    Examples
    --------
    >>> pool_line([0.1, 1.0, 0.2, 0.1], Window(4, 3, before=1, after=1))
    [1.0, 1.0, 1.0, 0.2]
    """
    return [max(values[at] for at in window.inputs_of(index)) for index in range(window.output)]


def pooling_windows(poolings: Sequence[Pooling], side: int, *, title: str = "") -> Figure:
    """The windows of poolings on a square map: each input with the number of windows that read it.

    Parameters
    ----------
    side : of the map.
    """
    figure = new_figure(4.1 * len(poolings), 5.2)
    figure.set_layout_engine("constrained", h_pad=0.12)
    grid = figure.subplots(1, len(poolings), squeeze=False)[0]
    for axes, pooling in zip(grid, poolings, strict=True):
        layer = pooling.on((side, side, 1))
        _draw_windows(axes, pooling, side)
        axes.set_title(f"{pooling}\n{side}x{side} to {layer.output}"[:-2], fontsize=_PT)
    show_title(figure, title, False)
    return figure


def _draw_line(
    axes: Axes, rows: list[list[float]], changed: list[list[bool]], window: Window
) -> None:
    from matplotlib.patches import Circle

    values, outputs = rows
    places = []
    for index, most in enumerate(outputs):
        read = window.inputs_of(index)
        place = (read[0] + read[-1]) / 2 if window.stride > 1 else float(index)
        places.append(place)
        winner = next(at for at in read if values[at] == most)
        for at in read:
            color, width = (_WINNER, 3.0) if at == winner else (STYLE["faint"], 0.8)
            axes.plot([at, place], [0, _RISE], color=color, lw=width, zorder=1)
    for height, numbers, marks, xs in zip(
        (0, _RISE), rows, changed, (range(len(values)), places), strict=True
    ):
        for x, number, mark in zip(xs, numbers, marks, strict=True):
            face, edge = (_CHANGED, STYLE["warning"]) if mark else (_SAME, STYLE["ink"])
            look = {"facecolor": face, "edgecolor": edge, "lw": 1.4, "zorder": 2}
            axes.add_patch(Circle((x, height), _RADIUS, **look))
            axes.text(x, height, f"{number:g}", fontsize=_PT, ha="center", va="center", zorder=3)
    axes.set_aspect("equal")
    axes.set_ylim(-0.55, _RISE + 0.55)
    axes.set_axis_off()


def _draw_windows(axes: Axes, pooling: Pooling, side: int) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    rows, columns = pooling.windows(pooling.on((side, side, 1)).input)
    counts = [[0] * side for _ in range(side)]
    for y in range(rows.output):
        for x in range(columns.output):
            down, across = rows.inputs_of(y), columns.inputs_of(x)
            for i in down:
                for j in across:
                    counts[i][j] += 1
            inset = 0.06 + 0.07 * ((x + y) % 2)
            corner = across[0] - 0.5 + inset, down[0] - 0.5 + inset
            sides = len(across) - 2 * inset, len(down) - 2 * inset
            color = colormaps["tab10"]((3 * y + x) % 10)
            axes.add_patch(Rectangle(corner, *sides, facecolor="none", edgecolor=color, lw=2.4))
    shades = colormaps["Greys"].resampled(256)
    axes.imshow(counts, cmap=shades, vmin=0, vmax=12)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            color = STYLE["warning"] if count == 0 else STYLE["ink"]
            axes.text(j, i, str(count), fontsize=_PT, color=color, ha="center", va="center")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_linewidth(0.8)
