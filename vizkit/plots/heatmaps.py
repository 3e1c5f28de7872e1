"""Heat maps of tuning: many units over one parameter, and single units over two."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, edges, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from vizkit.probing.tuning import UnitTuning

_BELOW, _CROSS = "#c9c9c9", "#2fb5c8"
_LABELED = 48
_COLUMNS, _SIDE = 4, 2.2
_MOST = 24


def tuning_map(curves: Iterable[UnitTuning]) -> Figure:
    """Responses of many units over the values of one parameter, a row for each, sorted by peak.

    Each row is divided by its own highest response. At the right that response over its floor, with
    its interval: to the left of 1, in gray, is what curves without common tuning reach as well.
    A single image has no floor; its responses are in standard deviations above the reference.

    Parameters
    ----------
    curves : of one call of `vizkit.tuning`, or several for the same sweep and values.

    Raises
    ------
    UsageError : no unit responds, or the curves are of several sweeps or values.
    """
    given = list(curves)
    if len({(curve.sweep, curve.values) for curve in given}) > 1:
        raise UsageError(
            "the curves are of several families or values.\n  One map takes one of each."
        )
    drawn = sorted(
        (curve for curve in given if math.isfinite(curve.peak.value) and curve.height.value > 0),
        key=lambda curve: curve.peak.value,
    )
    if not drawn:
        raise UsageError("there is no unit with a positive response to draw.")
    first, count = drawn[0], len(drawn)
    figure = new_figure(6.2, min(9.0, max(2.2, 1.1 + 0.13 * count)))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    rows = [_shares(curve) for curve in drawn]
    shown = _shade(left, first.values, range(count), rows)
    peaks = [curve.peak.value for curve in drawn]
    left.plot(peaks, range(count), "o", color=STYLE["palette"][0], ms=2.2, mew=0)
    left.set_ylim(count - 0.5, -0.5)
    ends = edges(first.values)
    left.set_xlim(ends[0], ends[-1])
    left.set_xlabel(f"{_axis_label(first)}; dot: peak")
    if count <= _LABELED:
        left.set_yticks(range(count), [curve.unit.name for curve in drawn], parse_math=False)
    else:
        left.set_ylabel(f"{count} units, sorted by peak")
    _draw_ratios(right, drawn)
    bar = figure.colorbar(shown, ax=left, fraction=0.04, pad=0.02)
    bar.set_label("response, share of the unit's highest")
    silent = len(given) - count
    without = f"; {silent} units without a peak left out" if silent else ""
    networks = ", ".join(networks_of(drawn))
    title = f"{networks}  response over {first.sweep}, {count_images([first])}{without}"
    add_head(figure, title, all(curve.random for curve in drawn))
    return figure


def surface_map(surface: UnitTuning) -> Figure:
    """Responses of one unit over two parameters, with curves through the peak beside the map.

    In the curves the band holds the mean in 95 of 100 draws of images; dashed is the floor.
    """
    along, across = surface.through_peak
    figure = new_figure(5.6, 4.4)
    axes = figure.subplots(2, 2, width_ratios=(3, 1), height_ratios=(1, 3))
    top, corner, main, side = axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 1]
    corner.set_axis_off()
    shown = _shade_surface(main, surface, surface.response.tolist())
    if surface.height.value <= 0:
        shown.set_clim(float(surface.response.min()), float(surface.response.max()))
    _mark_peak(main, surface, 8)
    _draw_through(top, across, upright=False)
    _draw_through(side, along, upright=True)
    top.set_xlim(main.get_xlim())
    side.set_ylim(main.get_ylim())
    bar = figure.colorbar(shown, ax=corner, fraction=0.5, orientation="horizontal")
    bar.set_label("mean response")
    sigma = surface.sigma.max().item()
    above = f"  peak {sigma:.1f} σ above untransformed images" if math.isfinite(sigma) else ""
    add_head(
        figure,
        f"{surface.unit}  over {surface.sweep}\n{count_images([surface])}{above}",
        surface.random,
    )
    return figure


def surface_maps(surfaces: Iterable[UnitTuning]) -> Figure:
    """A panel for each of several units, each as a share of its own highest response.

    The cross marks the peak. Within the dashed line responses are higher than those that one in
    twenty surfaces of chance reaches somewhere; without a line none is, or there is one image only.

    One without a positive response is drawn from its lowest to its highest, which its title says.

    Parameters
    ----------
    surfaces : of `vizkit.tuning` over two parameters, at most 24; of several sweeps if you like.

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
    networks = networks_of(drawn)
    for axes, surface in zip(panels, drawn, strict=False):
        along, across = surface.through_peak
        shares, height = _shares(surface), surface.height
        shown = _shade_surface(axes, surface, shares)
        shown.set_clim(0, 1)
        if 0 < height.floor < height.value:
            axes.contour(
                across.values,
                along.values,
                shares,
                levels=[height.floor / height.value],
                colors="#ffffff",
                linewidths=0.8,
                linestyles="--",
            )
        if height.value > 0:
            _mark_peak(axes, surface, 7)
        for setting, curve in ((axes.set_xlim, across), (axes.set_ylim, along)):
            ends = edges(curve.values)
            setting(ends[0], ends[-1])
        name = peak_title(surface, several=len(networks) > 1)
        axes.set_title(name + _range_below_zero(surface), parse_math=False)
    for axes in panels[len(drawn) :]:
        axes.set_axis_off()
    bar = figure.colorbar(shown, ax=panels, fraction=0.03, pad=0.02)
    bar.set_label("response, share of the unit's highest")
    legend = "" if drawn[0].images == 1 else ", dashed: above the floor"
    title = f"{', '.join(networks)}  {count_images(drawn[:1])}{legend}"
    add_head(figure, title, all(surface.random for surface in drawn))
    return figure


def networks_of(drawn: Iterable[UnitTuning]) -> list[str]:
    """Networks with their weights, in the order in which they come."""
    return list(dict.fromkeys(tuning.unit.source for tuning in drawn))


def count_images(drawn: Iterable[UnitTuning]) -> str:
    """The number of images in words."""
    images = sorted({tuning.images for tuning in drawn})
    count = f"{images[0]}" if len(images) == 1 else f"{images[0]} to {images[-1]}"
    return f"{count} image{'' if images == [1] else 's'}"


def peak_title(tuning: UnitTuning, *, several: bool) -> str:
    """Name of a unit, with the network where there are several, and its peak in a second line."""
    name = tuning.unit.address if several else tuning.unit.name
    peaks = [_with_unit(curve) for curve in tuning.curves]
    if not math.isfinite(tuning.curves[0].peak.value):
        return f"{name}\n{tuning.status}"
    sigma = float(tuning.sigma.max())
    gap = "\n" if tuning.grid.joint else ", "  # two peaks fill a line
    above = f"{gap}{sigma:.1f} σ" if math.isfinite(sigma) else ""
    return f"{name}\npeak {' x '.join(peaks)}{above}"


def _with_unit(curve: UnitTuning) -> str:
    unit = curve.parameter_unit
    return f"{curve.peak.value:.3g}" + ("°" if unit == "degrees" else f" {unit}".rstrip())


def _shares(tuning: UnitTuning) -> list[Any]:
    """Responses as shares of the highest, or, without a positive one, of the way up to it."""
    lowest = min(0.0, float(tuning.response.min())) if tuning.height.value <= 0 else 0.0
    span = tuning.height.value - lowest
    shares = (tuning.response - lowest) / span if span > 0 else 0 * tuning.response
    return list(shares.clamp(0, 1).tolist())


def _range_below_zero(surface: UnitTuning) -> str:
    """Lowest and highest response, where these are the ends of the colors."""
    low, high = float(surface.response.min()), float(surface.response.max())
    return f", {low:.2g} to {high:.2g}" if low < high <= 0 else ""


def _axis_label(curve: UnitTuning) -> str:
    return f"{curve.sweep} [{curve.parameter_unit}]"


def _shade(
    axes: Axes, x: Sequence[float], y: Sequence[float], shades: Sequence[Sequence[float]]
) -> AxesImage:
    """Cells around the values, also where their steps are not equal."""
    return axes.pcolormesh(edges(x), edges(y), shades, cmap="magma", vmin=0)  # type: ignore[return-value]


def _shade_surface(axes: Axes, surface: UnitTuning, shades: Sequence[Sequence[float]]) -> AxesImage:
    """The surface, and what its sides are."""
    along, across = surface.through_peak
    shown = _shade(axes, across.values, along.values, shades)
    axes.set_xlabel(_axis_label(across))
    axes.set_ylabel(_axis_label(along))
    return shown


def _mark_peak(axes: Axes, surface: UnitTuning, points: float) -> None:
    """A cross of so many points."""
    along, across = surface.through_peak
    if math.isfinite(along.peak.value):
        axes.plot(across.peak.value, along.peak.value, "+", color=_CROSS, ms=points, mew=1.6)


def _draw_ratios(axes: Axes, drawn: Sequence[UnitTuning]) -> None:
    axes.tick_params(labelleft=False)
    if all(math.isnan(curve.height.floor) for curve in drawn):
        # A single image has no floor; the response is compared with those to the reference.
        for row, curve in enumerate(drawn):
            axes.plot(float(curve.sigma.max()), row, "o", ms=2, color=STYLE["ink"])
        axes.axvline(0, color=STYLE["faint"], lw=0.8, ls=":")
        axes.set_xlabel("highest response [σ]")
        return
    for row, curve in enumerate(drawn):
        floor = curve.height.floor
        if not floor > 0:
            continue
        value, low, high = (n / floor for n in curve.height[:3])
        color = STYLE["ink"] if value > 1 else _BELOW
        axes.plot([low, high], [row, row], color=color, lw=0.6)
        axes.plot(value, row, "o", ms=2, color=color)
    axes.axvline(1, color=STYLE["ink"], lw=0.8, ls="--")
    axes.set_xlabel("highest response / floor")


def _draw_through(axes: Axes, curve: UnitTuning, *, upright: bool) -> None:
    color, response = weights_color(curve.random), curve.response.tolist()
    fill, line = (
        (axes.fill_betweenx, axes.axvline) if upright else (axes.fill_between, axes.axhline)
    )
    if curve.images > 1:
        fill(curve.values, curve.low.tolist(), curve.high.tolist(), color=color, alpha=0.22, lw=0)
    pair = (response, curve.values) if upright else (curve.values, response)
    axes.plot(*pair, color=color, lw=1.1)
    if math.isfinite(curve.height.floor):
        line(curve.height.floor, color=STYLE["ink"], lw=0.8, ls="--")
