"""Tuning curves of single units: lines, and roses where the values go round a circle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.tuning.curve import TuningCurve

_WIDE, _HIGH = 2.3, 1.9
_MOST = 60


def tuning_curves(curves: Iterable[TuningCurve], *, polar: bool = True) -> Figure:
    """One panel for each curve: a row for each unit and a column for each family.

    The band holds the mean response in 95 of 100 draws of images. Dashed is the floor: what one in
    twenty curves without common tuning reaches somewhere. Dotted is the mean response to
    untransformed images. Hollow marks are values for which pixels had to be interpolated.

    Parameters
    ----------
    curves : of `vizkit.tuning`, of several families and networks if you like. Those of one family
        alone fill the rows instead.
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
    families = list(dict.fromkeys(each.sweep for each in drawn))
    columns = len(families) if len(families) > 1 else min(4, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    if len(families) > 1:
        units = list(dict.fromkeys(each.address for each in drawn))
        rows = len(units)
        places = [(units.index(each.address), families.index(each.sweep)) for each in drawn]
    else:
        places = [divmod(number, columns) for number in range(len(drawn))]
    figure = new_figure(max(_WIDE * columns, 3.4), _HIGH * rows + 0.75)
    spec = figure.add_gridspec(rows, columns)
    for each, (row, column) in zip(drawn, places, strict=True):
        rose = polar and _fits_rose(each)
        axes = figure.add_subplot(spec[row, column], projection="polar" if rose else None)
        (_draw_rose if rose else _draw_line)(axes, each)
        axes.set_title(_title(each, drawn), parse_math=False)
    random = all(each.random for each in drawn)
    add_head(figure, _heading(drawn, families), random)
    figure.supxlabel(_legend(drawn), fontsize=STYLE["caption_pt"], color=STYLE["faint"])
    return figure


def _draw_line(axes: Axes, curve: TuningCurve) -> None:
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


def _draw_rose(axes: Axes, curve: TuningCurve) -> None:
    # At true angles: what repeats after half a turn is drawn twice.
    period = curve.period or 360.0
    turns = [period * turn for turn in range(round(360 / period))]
    angles = [math.radians(value + turn) for turn in turns for value in curve.values]
    closed = [*angles, angles[0] + 2 * math.pi]
    low, high, mean = (
        [max(value, 0.0) for value in each.tolist()] * len(turns)
        for each in (curve.low, curve.high, curve.response)
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
    axes: Axes, x: Sequence[float], low: Sequence[float], high: Sequence[float], curve: TuningCurve
) -> None:
    if curve.images > 1:
        axes.fill_between(x, low, high, color=weights_color(curve.random), alpha=0.22, lw=0)


def _draw_marks(
    axes: Axes, x: Sequence[float], response: Sequence[float], curve: TuningCurve
) -> None:
    axes.plot(x, response, color=weights_color(curve.random), lw=1.1)
    if len(curve.values) > 60:
        return
    for place, value, error in zip(x, response, cycle(curve.resampling), strict=False):
        fill = STYLE["paper"] if error else weights_color(curve.random)
        axes.plot(place, value, "o", ms=2.4, mew=0.6, color=weights_color(curve.random), mfc=fill)


def _fits_rose(curve: TuningCurve) -> bool:
    turns = curve.parameter_unit == "degrees" and curve.period in (90.0, 180.0, 360.0)
    return turns and not bool((curve.response < 0).any())


def _title(curve: TuningCurve, drawn: Sequence[TuningCurve]) -> str:
    networks = {each.address.rpartition("/")[0] for each in drawn}
    name = curve.address if len(networks) > 1 else curve.address.rpartition("/")[2]
    if not math.isfinite(curve.peak.value):
        return f"{name}\n{curve.status}"
    where = f"peak {curve.peak.value:.3g}"
    sigma = float(curve.sigma.max())
    above = f", {sigma:.1f} σ" if math.isfinite(sigma) else ""
    return f"{name}\n{where}{above}" + ("" if curve.status == "ok" else f", {curve.status}")


def _heading(drawn: Sequence[TuningCurve], families: Sequence[str]) -> str:
    networks = dict.fromkeys(each.address.rpartition("/")[0] for each in drawn)
    return f"{', '.join(networks)}  response over {', '.join(families)}"


def _legend(drawn: Sequence[TuningCurve]) -> str:
    images = sorted({each.images for each in drawn})
    count = f"{images[0]}" if len(images) == 1 else f"{images[0]} to {images[-1]}"
    parts = [f"mean of {count} image{'' if images == [1] else 's'}"]
    if images != [1]:
        parts += ["band: 95 % of draws of images", "dashed: floor"]
    parts.append("dotted: mean of the reference")
    error = max((max(each.resampling) for each in drawn), default=0.0)
    text = "; ".join(parts)
    if error:
        text += (
            f"\nhollow: interpolated, which alone changes the images by up to {100 * error:.0f} %"
        )
    return text
