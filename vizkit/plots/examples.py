"""Images of a set that stand for units: crops in rows, and how all responses are distributed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vizkit.errors import UsageError
from vizkit.images.picture import as_picture
from vizkit.plots.frame import colored, plain_figure
from vizkit.plots.style import STYLE
from vizkit.text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.dataset_examples import Example, Examples, ExampleSet
    from vizkit.rendering import Render

ROWS = {"top": "strongest", "quantile": "quantiles", "bottom": "weakest"}
"""What the kinds of examples are called."""
_CELL, _GAP, _LINE = 0.95, 0.12, 0.11
"""Side of a crop, space between crops and height of a line of text, in inches."""
_LEFT, _MARGIN, _HEAD, _FOOT = 0.85, 0.2, 0.3, 0.3
_CURVE = 2.1
_SHARPEST = 240
"""Longest side of a crop in pixels."""
_LONGEST_NAME = 19


def example_sheet(
    found: Examples | ExampleSet, renders: Iterable[Render] | Render | None = None
) -> Figure:
    """Crops of each unit in three rows with their responses, and a histogram of all responses.

    Under a crop stand the response, the share of the images that respond no more, and the file. A
    line is drawn where the channel responds half as much as at its strongest. With the unit's
    rendered picture, its own response (`peak`, of a neuron or logit `final`) is marked.

    Parameters
    ----------
    found : of `vizkit.examples`.
    renders : pictures of the units, found by their addresses.

    Raises
    ------
    UsageError : there are no units.
    """
    sets = list(found.units) if hasattr(found, "units") else [found]
    if not sets:
        raise UsageError("there are no units to draw.\n  Give the result of vizkit.examples(...).")
    given = [] if renders is None else renders
    pictures = {
        render.unit.address: render
        for render in (given if isinstance(given, Iterable) else [given])
        if render.error is None
    }
    blocks = [_rows(each) for each in sets]
    across = max(len(row) for rows in blocks for row in rows.values())
    row_height = _CELL + 2 * _LINE + _GAP
    width = _LEFT + max(across, 4) * (_CELL + _GAP) + 0.45 + _CURVE + _MARGIN
    heights = [_HEAD + len(rows) * row_height + 0.1 for rows in blocks]
    height = sum(heights) + _MARGIN + _FOOT
    figure = plain_figure(width, height)
    top = height - _MARGIN
    for each, rows, high in zip(sets, blocks, heights, strict=True):
        _write(figure, _MARGIN, top, _title(each), "title_pt", warn=each.random)
        y = top - _HEAD
        for kind, examples in rows.items():
            _write(figure, _MARGIN, y - _CELL / 2 + 0.05, ROWS[kind])
            for place, example in enumerate(examples):
                _draw_crop(figure, each, example, _LEFT + place * (_CELL + _GAP), y)
            y -= row_height
        left = width - _MARGIN - _CURVE
        render = pictures.get(each.unit.address)
        curve = (
            left,
            top - _HEAD - min(1.5, high - _HEAD - 0.4),
            _CURVE,
            min(1.3, high - _HEAD - 0.6),
        )
        _draw_histogram(_axes(figure, curve), each, render)
        if render is not None and len(rows) > 1:
            corner = left, curve[1] - 0.6 - _CELL, _CELL, _CELL
            axes = _axes(figure, corner)
            axes.set_axis_off()
            axes.imshow(colored(render.pixels()))
            axes.set_title("its picture", fontsize=STYLE["caption_pt"], color=STYLE["warning"])
        top -= high
    _write(
        figure,
        _MARGIN,
        _FOOT,
        "Line: half of the channel's largest response in the image. Hatched: padding, at most half "
        "of a side.",
        faint=True,
    )
    return figure


def _rows(found: ExampleSet) -> dict[str, Sequence[Example]]:
    rows = {kind: found.of_kind(kind) for kind in ("top", "quantile", "bottom")}
    return {kind: row for kind, row in rows.items() if row}


def _title(found: ExampleSet) -> str:
    badge = "   RANDOM WEIGHTS" if found.random else ""
    return f"{found.unit.address}   {found.images} images of {found.pictures.name}{badge}"


def _axes(figure: Figure, box: tuple[float, float, float, float]) -> Axes:
    """Axes at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    return figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))


def _write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    size: str = "caption_pt",
    *,
    faint: bool = False,
    warn: bool = False,
) -> None:
    width, height = figure.get_size_inches()
    color = STYLE["warning"] if warn else STYLE["faint"] if faint else STYLE["ink"]
    figure.text(
        x / width, y / height, text, color=color, fontsize=STYLE[size], va="top", parse_math=False
    )


def _draw_crop(figure: Figure, found: ExampleSet, example: Example, x: float, y: float) -> None:
    axes = _axes(figure, (x, y - _CELL, _CELL, _CELL))
    axes.set_axis_off()
    name = example.file
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 + 2 :]}"
    _write(figure, x, y - _CELL - 0.03, f"{example.value:.3g}, {percent(example.quantile)}")
    _write(figure, x, y - _CELL - 0.03 - _LINE, name, faint=True)
    if example.field is None:
        axes.text(0.5, 0.5, "sees nothing", ha="center", fontsize=STYLE["caption_pt"])
        return
    picture = as_picture(found.crop(example).pixels)
    picture.thumbnail((_SHARPEST, _SHARPEST))
    axes.imshow(np.asarray(picture), extent=(0, picture.width, picture.height, 0))
    heat = example.heat
    if heat is not None and heat.min() < 0.5 < heat.max():
        columns, rows = (
            (np.arange(heat.shape[1]) + 0.5) * picture.width / heat.shape[1],
            (np.arange(heat.shape[0]) + 0.5) * picture.height / heat.shape[0],
        )
        for color, line in ((STYLE["ink"], 1.4), ("white", 0.7)):
            axes.contour(
                columns, rows, heat.astype(float), levels=[0.5], colors=color, linewidths=line
            )


def _draw_histogram(axes: Axes, found: ExampleSet, render: Render | None) -> None:
    small = STYLE["caption_pt"]
    axes.stairs(found.counts, found.edges, fill=True, color=STYLE["palette"][0])
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("response", fontsize=small)
    axes.set_ylabel("images (logarithmic)", fontsize=small)
    axes.tick_params(labelsize=small, length=2.5, width=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if render is not None:
        axes.axvline(own_response(render), color=STYLE["warning"], linewidth=1)


def own_response(render: Render) -> float:
    """What a rendered picture drives its unit to, by the measure of dataset examples."""
    spatial = render.unit.position is None and len(render.unit.layer.shape) == 3
    return render.peak if spatial else render.final
