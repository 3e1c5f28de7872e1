"""Heat maps of tuning: many units over one parameter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from vizkit.probing.tuning.curve import TuningCurve

_MARK, _BELOW, _PEAK = "#1a1a1a", "#c9c9c9", "#2a6f97"
_LABELED = 48


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
    shown = shade(left, first.values, range(len(drawn)), rows)
    left.plot(
        [each.peak.value for each in drawn], range(len(drawn)), "o", color=_PEAK, ms=2.2, mew=0
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
    title = f"{networks}  response over {first.sweep}, {count_images(first)}{without}"
    add_head(figure, title, all(each.random for each in drawn))
    return figure


def shade(
    axes: Axes, x: Sequence[float], y: Sequence[float], shades: Sequence[Sequence[float]]
) -> AxesImage:
    """Cells around the values, also where their steps are not equal."""
    return axes.pcolormesh(edges(x), edges(y), shades, cmap="magma", vmin=0)  # type: ignore[return-value]


def edges(values: Sequence[float]) -> list[float]:
    """Borders halfway between `values`, and as far beyond the outer ones."""
    if len(values) == 1:
        return [values[0] - 0.5, values[0] + 0.5]
    inner = [(a + b) / 2 for a, b in pairwise(values)]
    return [2 * values[0] - inner[0], *inner, 2 * values[-1] - inner[-1]]


def _draw_ratios(axes: Axes, drawn: Sequence[TuningCurve]) -> None:
    axes.tick_params(labelleft=False)
    if all(math.isnan(each.height.floor) for each in drawn):
        # A single image has no floor; the response is compared with those to the reference.
        for row, each in enumerate(drawn):
            axes.plot(float(each.sigma.max()), row, "o", ms=2, color=_MARK)
        axes.axvline(0, color=STYLE["faint"], lw=0.8, ls=":")
        axes.set_xlabel("highest response [σ]")
        return
    for row, each in enumerate(drawn):
        floor = each.height.floor
        if not floor > 0:
            continue
        value, low, high = (n / floor for n in each.height[:3])
        color = _MARK if value > 1 else _BELOW
        axes.plot([low, high], [row, row], color=color, lw=0.6)
        axes.plot(value, row, "o", ms=2, color=color)
    axes.axvline(1, color=STYLE["ink"], lw=0.8, ls="--")
    axes.set_xlabel("highest response / floor")


def count_images(curve: TuningCurve) -> str:
    """The number of images in words."""
    return f"{curve.images} image{'' if curve.images == 1 else 's'}"
