"""Figure of a whole network's invariance over its depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, legend_below, new_figure
from vizkit.plots.invariance import draw_estimates
from vizkit.plots.style import STYLE
from vizkit.probing.readers import PIXELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.invariance import Invariance, InvarianceReport
    from vizkit.probing.uncertainty import Estimate

    Panel = Callable[[Axes, InvarianceReport], None]

Quantity = Literal["distance", "score"]

_TRAINED, _RANDOM, _EXTRA = STYLE["trained"], STYLE["random"], "#7a7a2e"
_COLUMNS = 4
_PANEL = (2.75, 1.75)
_MOST_LABELS = 20
_WORDS = {"reflection_x": "left and right swapped", "reflection_y": "upside down"}
_TITLE: dict[str, Any] = {"loc": "left", "fontsize": STYLE["caption_pt"] + 1}


def invariance_report(report: InvarianceReport, quantity: Quantity = "distance") -> Figure:
    """Invariance over the depth of a network, a panel for each transform.

    Red, the network with its interval of 95 % over images; blue, the same architecture with random
    weights; dashed, the images themselves, which is what an identity network gives; dotted, the
    null: another image for distances, chance for scores; gray bars are pools. Below the distances,
    what the numbers are worth: tuning to the orientation of gratings, beside filters of noise;
    which channels say anything at all; what a shift by one pixel breaks, and the parts of strides
    and padding in it; and how far half the contrast is from half of the response.

    Parameters
    ----------
    report : of `vizkit.invariance_report`.
    quantity : ``"distance"`` that each layer moves, of two images; or the ``"score"`` of Goodfellow
        et al., for transforms that have values enough.

    Raises
    ------
    UsageError : another quantity, or no transform with enough values.
    """
    if quantity not in ("distance", "score"):
        raise UsageError(f"quantity={quantity!r} is unknown.\n  Give 'distance' or 'score'.")
    transforms = [
        each for each in report if quantity == "distance" or not each.beside_baseline.coarse
    ]
    if not transforms:
        raise UsageError(
            "no transform has values enough for scores.\n  Give more images or values, or "
            "quantity='distance'."
        )
    draw = _draw_distance if quantity == "distance" else _draw_score
    above = [partial(draw, found=each) for each in transforms]
    below = _extras(report) if quantity == "distance" else []
    columns = min(_COLUMNS, max(len(above), len(below)))
    drawn = [*_filled(above, columns), *_filled(below, columns)]
    rows = len(drawn) // columns
    figure = new_figure(_PANEL[0] * columns, _PANEL[1] * rows + 0.75)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, panel in zip(grid.flat, drawn, strict=True):
        if panel is None:
            axes.set_axis_off()
        else:
            panel(axes, report)
            _label_depth(axes, report)
    for axes in grid[: -(-len(above) // columns), 0]:
        axes.set_ylabel("distance [of two images]" if quantity == "distance" else "score")
    what = "how far each layer moves" if quantity == "distance" else "Goodfellow's score"
    counts = f"{report.images} images, {report.passes} passes for {len(report.layers)} layers"
    add_head(figure, f"{report.network}   {what}: {counts}", report.random)
    _legend(figure, report, quantity)
    return figure


def _draw_distance(axes: Axes, report: InvarianceReport, found: Invariance) -> None:
    own = found.beside_baseline
    drawn = _draw_both(axes, found, lambda each, name: each.distance(name))
    null = [own.null(name).value for name in report.layers]
    axes.plot(range(len(null)), null, color=STYLE["faint"], lw=1, ls=":")
    highs = [*(each.high for each in drawn), *null]
    axes.set_ylim(0, max(1.15, *(high for high in highs if math.isfinite(high))))


def _draw_score(axes: Axes, report: InvarianceReport, found: Invariance) -> None:
    _draw_both(axes, found, lambda each, name: each.score(name, report.share))
    axes.axhline(1, color=STYLE["faint"], lw=1, ls=":")
    axes.set_ylim(0, 1.05 / report.rate)


def _draw_both(
    axes: Axes, found: Invariance, number: Callable[[Invariance, str], Estimate]
) -> list[Estimate]:
    """Of all layers, the number of this network and of random weights, with that of the pixels."""
    drawn: list[Estimate] = []
    both = ((found.baseline, _RANDOM, "s-"), (found.beside_baseline, _TRAINED, "o-"))
    for each, color, style in both:
        if each is not None:
            line = [number(each, name) for name in each.layers]
            draw_estimates(axes, range(len(line)), line, color, style, ms=2.4, lw=1.3)
            drawn += line
    pixels = number(found.beside_baseline, PIXELS).value
    axes.axhline(pixels, color=STYLE["ink"], lw=0.9, ls="--")
    axes.set_title(_title(found), **_TITLE)
    return drawn


def _title(found: Invariance) -> str:
    if found.transform in _WORDS:
        return _WORDS[found.transform]
    first, last = found.values[0], found.values[-1]
    return f"{found.transform.replace('_', ' ')}, {first:g} to {last:g} {found.unit}"


def _extras(report: InvarianceReport) -> list[Panel]:
    """What the numbers are worth."""
    panels = {
        _draw_orientation: bool(report.orientation),
        _draw_silence: True,
        _draw_motion: report.motion is not None,
        _draw_contrast: bool(report.contrast),
    }
    return [panel for panel, known in panels.items() if known]


def _filled(panels: Sequence[Panel], columns: int) -> list[Panel | None]:
    """Panels in full rows."""
    return [*panels, *[None] * (-len(panels) % columns)]


def _draw_orientation(axes: Axes, report: InvarianceReport) -> None:
    for tuned, color, style in (
        (report.random_orientation, _RANDOM, "s-"),
        (report.orientation, _TRAINED, "o-"),
    ):
        places = [report.layers.index(name) for name in tuned]
        values = [each.variance for each in tuned.values()]
        if values:
            draw_estimates(axes, places, values, color, style, ms=2.4, lw=1.3)
    places = [report.layers.index(name) for name in report.orientation]
    floors = [each.floor for each in report.orientation.values()]
    axes.plot(places, floors, color=STYLE["faint"], lw=1, ls=":")
    axes.set_ylim(0, 1)
    axes.set_title("gratings: circular variance", **_TITLE)


def _draw_silence(axes: Axes, report: InvarianceReport) -> None:
    places = range(len(report.layers))
    if report.random_silent:
        axes.plot(places, [report.random_silent[n] for n in report.layers], color=_RANDOM, lw=1.3)
    axes.plot(
        places, [report.silent[n] for n in report.layers], color=_TRAINED, lw=1.3, label="silent"
    )
    sparse = [report.sparseness[name] for name in report.layers]
    axes.plot(places, sparse, "-.", color=_EXTRA, lw=1.2, label="sparseness")
    axes.set_ylim(-0.02, 1)
    _legend_above(axes)
    axes.set_title("silent channels; sparseness", **_TITLE)


def _draw_motion(axes: Axes, report: InvarianceReport) -> None:
    motion = report.motion
    assert motion is not None
    splits = [motion[name].split for name in report.layers]
    places = range(len(splits))
    parts = (("total", _TRAINED, "o-"), ("phase", _EXTRA, "^-"), ("padding", STYLE["faint"], "v-"))
    for name, color, style in parts:
        values = [float(getattr(split, name)[0]) for split in splits]
        axes.plot(places, values, style, color=color, ms=2.4, lw=1.1, label=name)
    axes.axhline(0, color=STYLE["faint"], lw=0.6)
    _legend_above(axes)
    axes.set_title("shift by one pixel: equivariance error", **_TITLE)


def _draw_contrast(axes: Axes, report: InvarianceReport) -> None:
    places = range(len(report.layers))
    own = [report.contrast[name].own for name in report.layers]
    bare = [report.contrast[name].unbiased for name in report.layers]
    axes.plot(places, own, "o-", color=_TRAINED, ms=2.4, lw=1.3, label="as it is")
    axes.plot(places, bare, "^-", color=_EXTRA, ms=2.4, lw=1.1, label="biases zero")
    axes.set_ylim(bottom=-0.02 * max(*own, *bare, 0.1))
    _legend_above(axes)
    axes.set_title("half the contrast: departure from half", **_TITLE)


def _legend_above(axes: Axes) -> None:
    """A legend of one row, in room made for it above everything that is drawn."""
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    axes.set_ylim(low, high + 0.28 * (high - low))
    axes.set_yticks(ticks)
    count = len(axes.get_legend_handles_labels()[0])
    axes.legend(
        loc="upper center", ncols=count, frameon=False, borderaxespad=0.1, columnspacing=1.2
    )


def _label_depth(axes: Axes, report: InvarianceReport) -> None:
    layers = report.layers
    step = math.ceil(len(layers) / _MOST_LABELS)
    places = list(range(0, len(layers), step))
    names = [layers[place].replace("inception", "").replace("blocks.", "") for place in places]
    axes.set_xticks(places, names, rotation=90)
    axes.set_xlim(-0.5, len(layers) - 0.5)
    for _, pool in report.pools:
        axes.axvline(layers.index(pool), color="#e8e8e8", lw=2.5, zorder=0)


def _legend(figure: Figure, report: InvarianceReport, quantity: Quantity) -> None:
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], color=_TRAINED, marker="o", ms=3, lw=1.3, label=report.network)]
    if report.random_passes:
        entries.append(
            Line2D([], [], color=_RANDOM, marker="s", ms=3, lw=1.3, label="random weights")
        )
    null = "another image" if quantity == "distance" else "chance"
    entries += [
        Line2D([], [], color=STYLE["ink"], lw=0.9, ls="--", label="pixels (identity network)"),
        Line2D([], [], color=STYLE["faint"], lw=1, ls=":", label=f"{null}; filters of noise"),
    ]
    legend_below(figure, entries, STYLE["caption_pt"] + 0.5)
