"""Heat maps of tuning: many units over one parameter, and single units over two."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, edges, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from torch import Tensor

    from vizkit.probing.tuning.curve import TuningCurve
    from vizkit.probing.tuning.surface import TuningSurface

_BELOW, _CROSS = "#c9c9c9", "#2fb5c8"
_LABELED = 48
_COLUMNS, _SIDE = 4, 2.2
_MOST = 24


def tuning_map(curves: Iterable[TuningCurve]) -> Figure:
    """Responses of many units over the values of one family, a row for each, sorted by peak.

    Each row is divided by its own highest response. At the right that response over its floor, with
    its interval: to the left of 1, in gray, is what curves without common tuning reach as well.
    A single image has no floor; its responses are in standard deviations above the reference.

    Parameters
    ----------
    curves : of one call of `vizkit.tuning`, or several for the same family and values.

    Raises
    ------
    UsageError : no unit responds, or the curves are of several families or values.
    """
    given = list(curves)
    frames = {(each.sweep, each.values) for each in given}
    if len(frames) > 1:
        raise UsageError(
            "the curves are of several families or values.\n  One map takes one of each."
        )
    drawn = sorted(
        (each for each in given if math.isfinite(each.peak.value) and each.height.value > 0),
        key=lambda each: each.peak.value,
    )
    if not drawn:
        raise UsageError("there is no unit with a positive response to draw.")
    first = drawn[0]
    named = len(drawn) <= _LABELED
    figure = new_figure(6.2, min(9.0, max(2.2, 1.1 + 0.13 * len(drawn))))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    rows = [(each.response / each.height.value).clamp(0, 1).tolist() for each in drawn]
    shown = _shade(left, first.values, range(len(drawn)), rows)
    left.plot(
        [each.peak.value for each in drawn],
        range(len(drawn)),
        "o",
        color=STYLE["palette"][0],
        ms=2.2,
        mew=0,
    )
    left.set_ylim(len(drawn) - 0.5, -0.5)
    ends = edges(first.values)
    left.set_xlim(ends[0], ends[-1])
    left.set_xlabel(f"{first.sweep} [{first.parameter_unit}]; dot: peak")
    if named:
        names = [each.address.rpartition("/")[2] for each in drawn]
        left.set_yticks(range(len(drawn)), names, parse_math=False)
    else:
        left.set_ylabel(f"{len(drawn)} units, sorted by peak")
    _draw_ratios(right, drawn)
    bar = figure.colorbar(shown, ax=left, fraction=0.04, pad=0.02)
    bar.set_label("response, share of the unit's highest")
    silent = len(given) - len(drawn)
    networks = ", ".join(dict.fromkeys(each.address.rpartition("/")[0] for each in drawn))
    without = f"; {silent} units without a peak left out" if silent else ""
    title = f"{networks}  response over {first.sweep}, {_count_images(first)}{without}"
    add_head(figure, title, all(each.random for each in drawn))
    return figure


def surface_map(surface: TuningSurface) -> Figure:
    """Responses of one unit over two parameters, with curves through the peak beside the map.

    In the curves the band holds the mean in 95 of 100 draws of images; dashed is the floor.
    """
    across, along = surface.through_peak[1], surface.through_peak[0]
    figure = new_figure(5.6, 4.4)
    axes = figure.subplots(2, 2, width_ratios=(3, 1), height_ratios=(1, 3))
    top, corner, main, side = axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 1]
    corner.set_axis_off()
    shown = _shade(main, across.values, along.values, surface.response.tolist())
    if math.isfinite(surface.peak[0]):
        main.plot(surface.peak[1], surface.peak[0], "+", color=_CROSS, ms=8, mew=1.6)
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
    add_head(figure, f"{surface.address}  {_count_images(along)}{above}", along.random)
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
        shown = _shade(axes, across.values, along.values, shares.tolist())
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
            axes.plot(each.peak[1], each.peak[0], "+", color=_CROSS, ms=7, mew=1.6)
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
    images = _count_images(drawn[0].through_peak[0])
    legend = "" if drawn[0].images == 1 else ", dashed: above the floor"
    add_head(figure, f"{', '.join(networks)}  {images}{legend}", random)
    return figure


def _shade(
    axes: Axes, x: Sequence[float], y: Sequence[float], shades: Sequence[Sequence[float]]
) -> AxesImage:
    """Cells around the values, also where their steps are not equal."""
    return axes.pcolormesh(edges(x), edges(y), shades, cmap="magma", vmin=0)  # type: ignore[return-value]


def _draw_ratios(axes: Axes, drawn: Sequence[TuningCurve]) -> None:
    axes.tick_params(labelleft=False)
    if all(math.isnan(each.height.floor) for each in drawn):
        # A single image has no floor; the response is compared with those to the reference.
        for row, each in enumerate(drawn):
            axes.plot(float(each.sigma.max()), row, "o", ms=2, color=STYLE["ink"])
        axes.axvline(0, color=STYLE["faint"], lw=0.8, ls=":")
        axes.set_xlabel("highest response [σ]")
        return
    for row, each in enumerate(drawn):
        floor = each.height.floor
        if not floor > 0:
            continue
        value, low, high = (n / floor for n in each.height[:3])
        color = STYLE["ink"] if value > 1 else _BELOW
        axes.plot([low, high], [row, row], color=color, lw=0.6)
        axes.plot(value, row, "o", ms=2, color=color)
    axes.axvline(1, color=STYLE["ink"], lw=0.8, ls="--")
    axes.set_xlabel("highest response / floor")


def _count_images(curve: TuningCurve) -> str:
    """The number of images in words."""
    return f"{curve.images} image{'' if curve.images == 1 else 's'}"


def _title(surface: TuningSurface, *, several: bool) -> str:
    name = surface.address if several else surface.address.rpartition("/")[2]
    if not math.isfinite(surface.peak[0]):
        return f"{name}\n{surface.status}"
    where = " x ".join(f"{each:.3g}" for each in surface.peak)
    sigma = float(surface.sigma.max())
    above = f", {sigma:.1f} σ" if math.isfinite(sigma) else ""
    return f"{name}\npeak {where}{above}"


def _draw_through(axes: Axes, curve: TuningCurve, *, upright: bool) -> None:
    color = weights_color(curve.random)
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
