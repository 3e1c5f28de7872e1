"""Tuning of single units: curves as lines, or as roses where the values go round a circle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import cycle
from textwrap import fill
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure, weights_color
from vizkit.plots.heatmaps import (
    count_images,
    networks_of,
    peak_title,
    surface_map,
    surface_maps,
    tuning_map,
)
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.tuning import UnitTuning

_WIDE, _HIGH = 2.3, 1.9
_LETTER = 0.055
"""Inches that a letter of the small print takes at most, on average."""
_FEW = 24
_MOST = 60


def tuning_figure(units: UnitTuning | Iterable[UnitTuning]) -> Figure:
    """What suits tuning: panels for few curves, a map for many, heat maps for two parameters.

    Parameters
    ----------
    units : of `vizkit.tuning`, of one unit or of several; of several sweeps if you like, all over
        one parameter or all over two.

    Raises
    ------
    UsageError : there are none, too many to be read, or none with a positive response.
    """
    from vizkit.probing.tuning import UnitTuning

    drawn = [units] if isinstance(units, UnitTuning) else list(units)
    if drawn and all(unit.grid.joint for unit in drawn):
        return surface_map(drawn[0]) if len(drawn) == 1 else surface_maps(drawn)
    if len({(curve.sweep, curve.values) for curve in drawn}) == 1 and len(drawn) > _FEW:
        return tuning_map(drawn)
    return tuning_curves(drawn)


def tuning_curves(curves: Iterable[UnitTuning], *, polar: bool = True) -> Figure:
    """One panel for each curve: a row for each unit and a column for each sweep.

    The band holds the mean response in 95 of 100 draws of images. Dashed is the floor: what one in
    twenty curves without common tuning reaches somewhere. Dotted is the mean response to
    untransformed images. Hollow marks are values for which pixels had to be interpolated.

    Parameters
    ----------
    curves : of `vizkit.tuning` over one parameter, of several sweeps and networks if you like.
        Those of one sweep alone fill the rows instead.
    polar : draw angles as roses, 0 to the right and counter-clockwise, wherever the values go round
        a circle in degrees and no response is below zero, which a rose leaves out.

    Returns
    -------
    Figure : one axes per curve, row by row.

    Raises
    ------
    UsageError : no curves, or too many to be read; `tuning_map` shows those.
    """
    drawn = list(curves)
    if not drawn:
        raise UsageError("there are no tuning curves to draw.\n  Give vizkit.tuning(...).")
    if len(drawn) > _MOST:
        raise UsageError(
            f"{len(drawn)} curves are too many for panels of their own.\n"
            f"  Draw at most {_MOST}, or call vizkit.plots.tuning_map."
        )
    sweeps = list(dict.fromkeys(curve.sweep for curve in drawn))
    columns = min(4, len(drawn))
    places = [divmod(number, columns) for number in range(len(drawn))]
    if len(sweeps) > 1:
        units = list(dict.fromkeys(curve.unit for curve in drawn))
        columns = len(sweeps)
        places = [(units.index(curve.unit), sweeps.index(curve.sweep)) for curve in drawn]
    rows = 1 + max(row for row, _ in places)
    networks = networks_of(drawn)
    figure = new_figure(max(_WIDE * columns, 3.4), _HIGH * rows + 0.75)
    spec = figure.add_gridspec(rows, columns)
    for curve, (row, column) in zip(drawn, places, strict=True):
        rose = polar and _fits_rose(curve)
        axes = figure.add_subplot(spec[row, column], projection="polar" if rose else None)
        (_draw_rose if rose else _draw_line)(axes, curve)
        title = peak_title(curve, several=len(networks) > 1)
        status = f", {curve.status}" if math.isfinite(curve.peak.value) else ""
        axes.set_title(title + ("" if curve.status == "ok" else status), parse_math=False)
    heading = f"{', '.join(networks)}  response over {', '.join(sweeps)}"
    add_head(figure, heading, all(curve.random for curve in drawn))
    words = _legend(drawn).split("\n")
    wide = int(figure.get_figwidth() / _LETTER)
    figure.supxlabel(
        "\n".join(fill(line, wide) for line in words),
        fontsize=STYLE["caption_pt"],
        color=STYLE["faint"],
    )
    return figure


def _draw_line(axes: Axes, curve: UnitTuning) -> None:
    x = list(curve.values)
    _draw_band(axes, x, curve.low.tolist(), curve.high.tolist(), curve)
    _draw_marks(axes, x, curve.response.tolist(), curve)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.0), 1.0 if curve.status == "silent" else max(high, 0.0))
    if math.isfinite(curve.height.floor):
        axes.axhline(curve.height.floor, color=STYLE["ink"], lw=0.8, ls="--")
    axes.axhline(curve.mean, color=STYLE["faint"], lw=0.8, ls=":")
    if math.isfinite(curve.peak.value):
        axes.axvline(curve.peak.value, color=STYLE["faint"], lw=0.5)
    axes.set_xlabel(f"{curve.sweep} [{curve.parameter_unit}]")


def _draw_rose(axes: Axes, curve: UnitTuning) -> None:
    # At true angles: what repeats after half a turn is drawn twice.
    period = curve.period or 360.0
    turns = [period * turn for turn in range(round(360 / period))]
    angles = [math.radians(value + turn) for turn in turns for value in curve.values]
    closed = [*angles, angles[0] + 2 * math.pi]
    low, high, mean = (
        [max(value, 0.0) for value in numbers.tolist()] * len(turns)
        for numbers in (curve.low, curve.high, curve.response)
    )
    _draw_band(axes, closed, [*low, low[0]], [*high, high[0]], curve)
    _draw_marks(axes, closed, [*mean, mean[0]], curve)
    circle = [2 * math.pi * step / 180 for step in range(181)]
    for level, style in ((curve.height.floor, "--"), (curve.mean, ":")):
        if math.isfinite(level) and level >= 0:
            color = STYLE["ink"] if style == "--" else STYLE["faint"]
            axes.plot(circle, [level] * len(circle), color=color, lw=0.8, ls=style)
    if math.isfinite(curve.peak.value):
        for turn in turns:
            axes.axvline(math.radians(curve.peak.value + turn), color=STYLE["faint"], lw=0.5)
    axes.set_ylim(bottom=0)
    axes.set_xticks([math.pi / 2 * quarter for quarter in range(4)])
    axes.yaxis.get_major_locator().base.set_params(nbins=3)  # type: ignore[attr-defined]
    axes.set_rlabel_position(22.5)  # type: ignore[attr-defined]
    axes.grid(lw=0.3, color=STYLE["faint"], alpha=0.5)


def _draw_band(
    axes: Axes, x: Sequence[float], low: Sequence[float], high: Sequence[float], curve: UnitTuning
) -> None:
    if curve.images > 1:
        axes.fill_between(x, low, high, color=weights_color(curve.random), alpha=0.22, lw=0)


def _draw_marks(
    axes: Axes, x: Sequence[float], response: Sequence[float], curve: UnitTuning
) -> None:
    color = weights_color(curve.random)
    axes.plot(x, response, color=color, lw=1.1)
    if len(curve.values) > 60:
        return
    for place, value, error in zip(x, response, cycle(curve.resampling), strict=False):
        inside = STYLE["paper"] if error else color
        axes.plot(place, value, "o", ms=2.4, mew=0.6, color=color, mfc=inside)


def _fits_rose(curve: UnitTuning) -> bool:
    turns = curve.parameter_unit == "degrees" and curve.period in (90.0, 180.0, 360.0)
    return turns and not bool((curve.response < 0).any())


def _legend(drawn: Sequence[UnitTuning]) -> str:
    single = all(curve.images == 1 for curve in drawn)
    parts = [f"mean of {count_images(drawn)}"]
    if not single:
        parts += ["band: 95 % of draws of images", "dashed: floor"]
    parts.append("dotted: mean of the reference")
    error = max((max(curve.resampling) for curve in drawn), default=0.0)
    text = "; ".join(parts)
    if error:
        text += (
            f"\nhollow: interpolated, which alone changes the images by up to {100 * error:.0f} %"
        )
    return text
