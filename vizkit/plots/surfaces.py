"""Heat maps of the responses of units over two parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE
from vizkit.plots.tuning_map import count_images, edges, shade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.probing.tuning.curve import TuningCurve
    from vizkit.probing.tuning.surface import TuningSurface

_TRAINED, _RANDOM = "#c8452f", "#2a6f97"
_PEAK = "#2fb5c8"
_COLUMNS, _SIDE = 4, 2.2
_MOST = 24


def surface_map(surface: TuningSurface) -> Figure:
    """Responses of one unit over two parameters, with curves through the peak beside the map.

    In the curves the band holds the mean in 95 of 100 draws of images; dashed is the floor.
    """
    across, along = surface.through_peak[1], surface.through_peak[0]
    figure = new_figure(5.6, 4.4)
    axes = figure.subplots(2, 2, width_ratios=(3, 1), height_ratios=(1, 3))
    top, corner, main, side = axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 1]
    corner.set_axis_off()
    shown = shade(main, across.values, along.values, surface.response.tolist())
    if math.isfinite(surface.peak[0]):
        main.plot(surface.peak[1], surface.peak[0], "+", color=_PEAK, ms=8, mew=1.6)
    main.set_xlabel(f"{across.sweep} [{across.parameter_unit}]")
    main.set_ylabel(f"{along.sweep} [{along.parameter_unit}]")
    _draw_through(top, across, upright=False)
    _draw_through(side, along, upright=True)
    top.set_xlim(main.get_xlim())
    side.set_ylim(main.get_ylim())
    bar = figure.colorbar(shown, ax=corner, fraction=0.5, orientation="horizontal")
    bar.set_label("mean response")
    sigma = surface.sigma.max().item()
    above = f"  peak {sigma:.1f} σ above untransformed images" if math.isfinite(sigma) else ""
    add_head(figure, f"{surface.address}  {count_images(along)}{above}", along.random)
    return figure


def surface_maps(surfaces: Iterable[TuningSurface]) -> Figure:
    """A panel for each of several units, each as a share of its own highest response.

    The cross marks the peak. Within the dashed line responses are higher than those that one in
    twenty surfaces of chance reaches somewhere; without a line none is, or there is one image only.

    Parameters
    ----------
    surfaces : of `vizkit.tuning`, at most 24; of several sweeps if you like.

    Returns
    -------
    Figure : an axes for each surface, row by row, and one for the colors.

    Raises
    ------
    UsageError : no surfaces, or too many to be read.
    """
    drawn = list(surfaces)
    if not 1 <= len(drawn) <= _MOST:
        raise UsageError(f"{len(drawn)} surfaces cannot be drawn.\n  Give 1 to {_MOST}.")
    columns = min(_COLUMNS, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    figure = new_figure(max(_SIDE * columns + 0.7, 4.2), _SIDE * rows + 0.7)
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    networks = list(dict.fromkeys(each.address.rpartition("/")[0] for each in drawn))
    for axes, each in zip(panels, drawn, strict=False):
        along, across = each.through_peak
        highest = each.height.value
        positive = math.isfinite(highest) and highest > 0
        shares = (each.response / highest).clamp(0, 1) if positive else 0 * each.response
        shown = shade(axes, across.values, along.values, shares.tolist())
        shown.set_clim(0, 1)
        if positive and math.isfinite(each.height.floor) and 0 < each.height.floor < highest:
            axes.contour(
                across.values,
                along.values,
                shares.tolist(),
                levels=[each.height.floor / highest],
                colors="#ffffff",
                linewidths=0.8,
                linestyles="--",
            )
        if positive and math.isfinite(each.peak[0]) and math.isfinite(each.peak[1]):
            axes.plot(each.peak[1], each.peak[0], "+", color=_PEAK, ms=7, mew=1.6)
        for setting, values in ((axes.set_xlim, across.values), (axes.set_ylim, along.values)):
            ends = edges(values)
            setting(ends[0], ends[-1])
        axes.set_xlabel(f"{across.sweep} [{across.parameter_unit}]")
        axes.set_ylabel(f"{along.sweep} [{along.parameter_unit}]")
        axes.set_title(_title(each, several=len(networks) > 1), parse_math=False)
    for axes in panels[len(drawn) :]:
        axes.set_axis_off()
    bar = figure.colorbar(shown, ax=panels, fraction=0.03, pad=0.02)
    bar.set_label("response, share of the unit's highest")
    random = all(each.through_peak[0].random for each in drawn)
    images = count_images(drawn[0].through_peak[0])
    legend = "" if drawn[0].images == 1 else ", dashed: above the floor"
    add_head(figure, f"{', '.join(networks)}  {images}{legend}", random)
    return figure


def _title(surface: TuningSurface, *, several: bool) -> str:
    name = surface.address if several else surface.address.rpartition("/")[2]
    if not math.isfinite(surface.peak[0]):
        return f"{name}\n{surface.status}"
    where = " x ".join(f"{each:.3g}" for each in surface.peak)
    sigma = float(surface.sigma.max())
    above = f", {sigma:.1f} σ" if math.isfinite(sigma) else ""
    return f"{name}\npeak {where}{above}"


def _draw_through(axes: Axes, curve: TuningCurve, *, upright: bool) -> None:
    color = _RANDOM if curve.random else _TRAINED
    response: Tensor = curve.response
    fill, line = (
        (axes.fill_betweenx, axes.axvline) if upright else (axes.fill_between, axes.axhline)
    )
    if curve.images > 1:
        fill(curve.values, curve.low.tolist(), curve.high.tolist(), color=color, alpha=0.22, lw=0)
    pair = (response.tolist(), curve.values) if upright else (curve.values, response.tolist())
    axes.plot(*pair, color=color, lw=1.1)
    if math.isfinite(curve.height.floor):
        line(curve.height.floor, color=STYLE["ink"], lw=0.8, ls="--")
