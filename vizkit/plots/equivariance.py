"""Figures of equivariance over the layers of a network, and over shifts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.equivariance import Equivariance, ShiftMaps

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
_LEAST = 1e-4
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
    UsageError : no value but the identity.
    """
    kept = [
        i
        for i in range(len(found.values))
        if any(float(each.split.total[i]) > 0 for each in found.layers.values())
    ]
    if not kept:
        raise UsageError(
            f"no value of {found.transform} changes anything in the layers given.\n"
            "  Measure values other than the identity."
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
    handles = _legend()
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=STYLE["caption_pt"],
    )
    title = f"{found.network}  equivariance under {found.transform}, {found.images} images"
    add_head(figure, title, found.random)
    return figure


def shift_heat_maps(found: ShiftMaps, layers: Sequence[str] | None = None) -> Figure:
    """Errors over all shifts, one column per layer: whole maps, interiors, and phases below.

    Top: over all units. Middle: over units that no padding can reach. Bottom: the mean of the
    latter over shifts of one phase. All panels have one logarithmic scale; white is below it,
    which exact equivariance is, and gray could not be measured.

    Parameters
    ----------
    found : result of `vizkit.probing.equivariance.shift_maps`.
    layers : by default all that were measured.

    Raises
    ------
    UsageError : a layer that was not measured, or none.
    """
    names = list(found.layers if layers is None else layers)
    missing = [name for name in names if name not in found.layers]
    if missing or not names:
        raise UsageError(
            f"{missing or 'no layer'} was not measured.\n  There are: {', '.join(found.layers)}."
        )
    figure = new_figure(1.55 * len(names) + 1.6, 5.4)
    grid = figure.subplots(3, len(names), squeeze=False)
    shown: Any = None
    for column, name in enumerate(names):
        layer = found.layers[name]
        shown = _draw_shifts(grid[0, column], found, found.total(name))
        _draw_shifts(grid[1, column], found, found.interior(name))
        stride = "no map" if layer.stride is None else f"stride {layer.stride[0]}"
        grid[0, column].set_title(f"{name}\n{stride}", parse_math=False)
        grid[1, column].set_xlabel("dx [px]")
        if layer.stride is None:
            grid[2, column].set_axis_off()
        else:
            _draw_map(grid[2, column], found.phases(name), None)
            grid[2, column].set_xlabel("dx mod stride")
    for axes, label in zip(
        grid[:, 0],
        ("all units\ndy [px]", "interior\ndy [px]", "phases\ndy mod stride"),
        strict=True,
    ):
        axes.set_ylabel(label)
    bar = figure.colorbar(shown, ax=grid, fraction=0.03, pad=0.02)
    bar.set_label("squared error [that of another image]")
    title = f"{found.network}  shifts, {found.images} images; white: less than {_LEAST:g}"
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
    if max(float(each.split.high.amax()) for each in found.layers.values()) > _SMALL:
        axes.axhline(1, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)))
    axes.set_xticks(range(len(found.layers)), list(found.layers), rotation=60, ha="right")
    for label in axes.get_xticklabels():
        label.set_parse_math(False)


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shapes: list[Any] = [Patch(color=_PARTS[name], label=_WORDS[name]) for name in _PARTS]
    shapes.append(Patch(facecolor="none", edgecolor=_WHOLE, hatch="////", label="not split"))
    line = {"color": STYLE["faint"], "lw": 0.7, "ls": (0, (6, 4))}
    return [*shapes, Line2D([], [], label="another image", **line)]


def _draw_shifts(axes: Axes, found: ShiftMaps, values: Any) -> Any:
    step_y, step_x = (abs(s[-1] - s[0]) / max(len(s) - 1, 1) or 1 for s in (found.dy, found.dx))
    extent = (
        found.dx[0] - step_x / 2,
        found.dx[-1] + step_x / 2,
        found.dy[-1] + step_y / 2,
        found.dy[0] - step_y / 2,
    )
    shown = _draw_map(axes, values, extent)
    for shifts, ticks in ((found.dx, axes.set_xticks), (found.dy, axes.set_yticks)):
        ticks(sorted({shifts[0], shifts[len(shifts) // 2], shifts[-1]}))
    return shown


def _draw_map(axes: Axes, values: Any, extent: tuple[float, float, float, float] | None) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    colors = colormaps["magma_r"].with_extremes(bad="#cfcfcf", under="white")
    # A logarithm has no 0: nothing at all is drawn as what lies below the scale.
    drawn = values.clamp(min=_LEAST / 10).numpy()
    shown = axes.imshow(
        drawn, cmap=colors, norm=LogNorm(_LEAST, 2), extent=extent, interpolation="none"
    )
    if extent is None:
        height, width = values.shape
        axes.set_xticks(sorted({0, width // 2, width - 1}))
        axes.set_yticks(sorted({0, height // 2, height - 1}))
    return shown
