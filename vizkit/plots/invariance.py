"""Figures of invariance over the depth of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, name_ticks, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.invariance import Invariance
    from vizkit.probing.uncertainty import Estimate

_NAMED = 6
_ABOVE: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "ncols": 3,
    "frameon": False,
}
_SPARSENESS = "#7a7a2e"


def invariance_depth(found: Invariance, *others: Invariance, share: float = 0.2) -> Figure:
    """Invariance over the depth of a network, beside what chance and random weights give.

    Left, the distance that each layer's output moves over the values, with that of the images
    themselves. Right, the score of Goodfellow et al. (2009) over the layers, with intervals of
    95 %, and the median sparseness of the units, below which no score means anything.

    Parameters
    ----------
    found : of `vizkit.invariance`, or of a report, whose baseline is drawn beside it.
    others : for the same layers, transform and values, for example that of random weights; their
        scores are drawn on the right.
    share : of the top-scoring units.

    Raises
    ------
    UsageError : others of different layers or values.
    """
    for other in others:
        if (list(other.layers), other.values) != (list(found.layers), found.values):
            raise UsageError(
                f"{other.network} was measured at other layers or values than {found.network}.\n"
                "  One figure takes one set of them."
            )
    figure = new_figure(8.2, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_distances(left, found)
    if found.baseline is not None:
        others = (found.baseline, *others)
    _draw_scores(right, (found.beside_baseline, *others), share)
    title = f"{found.network}  invariance to {found.transform}, {found.images} images"
    add_head(figure, title, found.random)
    return figure


def draw_estimates(
    axes: Axes,
    places: Sequence[int],
    values: Sequence[Estimate],
    color: Any,
    style: str,
    band: float = 0.16,
    **look: Any,
) -> None:
    """Line of numbers with the band of their intervals, as opaque as `band`."""
    low, high = [each.low for each in values], [each.high for each in values]
    axes.fill_between(places, low, high, color=color, alpha=band, lw=0)
    axes.plot(places, [each.value for each in values], style, color=color, **look)


def _draw_distances(axes: Axes, found: Invariance) -> None:
    from matplotlib import colormaps

    shades = colormaps["viridis"]
    layers = list(found.layers.values())
    for number, layer in enumerate(layers):
        color = shades(0.9 * number / max(len(layers) - 1, 1))
        curve = layer.distance
        # Every layer has its interval, but of many only the ends are labeled: color is depth.
        label = layer.layer if number in (0, len(layers) - 1) or len(layers) <= _NAMED else None
        axes.fill_between(found.values, curve.low, curve.high, color=color, alpha=0.15, lw=0)
        axes.plot(found.values, curve.distance, color=color, lw=1.1, label=label)
    null = layers[-1].distance.null
    axes.plot(found.values, null, color=STYLE["faint"], lw=0.9, ls=":", label="another image, last")
    pixels = found.pixels.distance.distance
    axes.plot(found.values, pixels, color=STYLE["ink"], lw=1, ls="--", label="pixels (identity)")
    axes.set_ylim(0)
    axes.set_xlabel(f"{found.transform} [{found.unit}]")
    axes.set_ylabel("distance [that of two images]")
    axes.legend(**_ABOVE)


def _draw_scores(axes: Axes, found: Sequence[Invariance], share: float) -> None:
    names = list(found[0].layers)
    places = range(len(names))
    for each in found:
        color = weights_color(each.random)
        best = [each.score(name, share) for name in names]
        label = "random weights" if each.random else each.network
        draw_estimates(axes, places, best, color, "o-", 0.15, ms=3, lw=1.2, label=label)
    axes.axhline(1, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)), label="chance")
    ceiling = [float(found[0][name].goodfellow.ceiling.amax()) for name in names]
    axes.plot(places, ceiling, color=STYLE["faint"], lw=0.9, ls=":", label="ceiling")
    axes.set_yscale("log")
    name_ticks(axes, names)
    axes.set_ylabel(f"Goodfellow score, best {100 * share:g} % of units")
    if any(found[0][name].goodfellow.coarse for name in names):
        axes.set_xlabel("coarse: units fire for fewer than ten samples")
    sparse = [found[0][name].sparseness for name in names]
    other = axes.twinx()
    other.plot(places, sparse, color=_SPARSENESS, lw=0.9, ls="-.")
    other.set_ylim(0, 1)
    other.set_ylabel("median sparseness (dash-dotted)", color=_SPARSENESS)
    axes.legend(**_ABOVE)
