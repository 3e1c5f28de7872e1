"""Figure of equivariance over the layers of a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, legend_below, name_ticks, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.equivariance import Equivariance

_PARTS = {
    "padding": "#e0a03c",
    "phase": "#2a6f97",
    "interpolation": "#b8b8b8",
    "rest": "#c8452f",
}
_WORDS = {
    "padding": "padding (border)",
    "phase": "phase (stride aliasing)",
    "interpolation": "interpolation",
    "rest": "rest",
}
_WHOLE = "#6b6b6b"
_ABREAST = 4
_SMALL = 0.4


def equivariance_split(found: Equivariance, *, mean: bool = False) -> Figure:
    """Error of equivariance of each layer, stacked from its parts: one panel per value.

    Hatched bars are layers whose error cannot be split, because padding reaches all of their units
    or the units have no places. Whiskers are intervals of 95 % from resampled images; the dashed
    line is another image, drawn unless all errors are far below it. A cross-line below the top of
    a bar is a total that the border makes smaller than the interior's error.

    Parameters
    ----------
    found : result of `vizkit.equivariance`.
    mean : one panel with the mean over all values but those without any error.

    Raises
    ------
    UsageError : no value but the identity. Of perfect equivariance the zeros are drawn.
    """
    layers = found.layers.values()
    kept = [
        i
        for i in range(len(found.values))
        if any(float(each.split.total[i]) > 0 for each in layers)
    ]
    # Without any error, which is perfect equivariance, what is drawn is zeros.
    kept = kept or [i for i, value in enumerate(found.values) if value != found.identity]
    if not kept:
        raise UsageError(
            f"no value of {found.transform} but the identity, which changes nothing.\n"
            "  Measure other values."
        )
    panels = [kept] if mean else [[i] for i in kept]
    columns = min(len(panels), _ABREAST)
    rows = math.ceil(len(panels) / columns)
    wide = max(3.2, 0.9 + 0.24 * len(found.layers))
    figure = new_figure(min(wide * columns, 13.0) + 0.3, 2.6 * rows + 0.6)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, chosen in zip(grid.flat, panels, strict=False):
        _draw_split(axes, found, chosen)
        value = f"{found.values[chosen[0]]:g} {found.unit}"
        axes.set_title(f"mean of {len(chosen)} values" if mean else value)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel("squared error [that of another image]")
    legend_below(figure, _legend(), STYLE["caption_pt"])
    title = f"{found.network}  equivariance under {found.transform}, {found.images} images"
    add_head(figure, title, found.random)
    return figure


def _draw_split(axes: Axes, found: Equivariance, chosen: list[int]) -> None:
    for place, layer in enumerate(found.layers.values()):
        split = layer.split
        total = float(split.total[chosen].mean())
        parts = {name: float(getattr(split, name)[chosen].mean()) for name in _PARTS}
        if any(math.isnan(part) for part in parts.values()):
            axes.bar(place, total, color="none", edgecolor=_WHOLE, hatch="////", lw=0.6)
        else:
            # A border better than the interior takes away from the sum; the mark is the total.
            bottom = 0.0
            for name, height in parts.items():
                axes.bar(place, max(height, 0.0), bottom=bottom, color=_PARTS[name])
                bottom += max(height, 0.0)
        low, high = (float(each[chosen].mean()) for each in (split.low, split.high))
        axes.plot([place, place], [low, high], color=STYLE["ink"], lw=0.8)
        axes.plot(place, total, "_", color=STYLE["ink"], ms=4)
    # Where all errors are small, the line would leave the bars no room.
    if not 0 < max(float(each.split.high.amax()) for each in found.layers.values()) <= _SMALL:
        axes.axhline(1, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)))
    name_ticks(axes, list(found.layers))


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shapes: list[Any] = [Patch(color=_PARTS[name], label=_WORDS[name]) for name in _PARTS]
    shapes.append(Patch(facecolor="none", edgecolor=_WHOLE, hatch="////", label="not split"))
    line = {"color": STYLE["faint"], "lw": 0.7, "ls": (0, (6, 4))}
    return [*shapes, Line2D([], [], label="another image", **line)]
