"""Figures of invariance over the depth of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.probing.invariance import Invariance

_SPARSENESS = "#7a7a2e"


def invariance_depth(found: Sequence[Invariance], share: float = 0.2) -> Figure:
    """Invariance over the depth of a network, beside what chance and random weights give.

    Left, the distance that each layer's output moves over the values, with that of the images
    themselves. Right, the score of Goodfellow et al. (2009) over the layers, with intervals of
    95 %, and the median sparseness of the units, below which no score means anything.

    Parameters
    ----------
    found : results of `vizkit.invariance` for the same layers, family and values; the first is
        drawn on the left, for example that of trained weights, the second that of random ones.
    share : of the top-scoring units.

    Raises
    ------
    UsageError : none, or such of different layers or values.
    """
    if not found:
        raise UsageError("there is nothing to draw.\n  Give [vizkit.invariance(...)].")
    first = found[0]
    for other in found[1:]:
        if (list(other.layers), other.values) != (list(first.layers), first.values):
            raise UsageError(
                f"{other.network} was measured at other layers or values than {first.network}.\n"
                "  One figure takes one set of them."
            )
    figure = new_figure(8.2, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_distances(left, first)
    _draw_scores(right, found, share)
    title = f"{first.network}  invariance to {first.transform}, {first.images} images"
    add_head(figure, title, first.random)
    return figure


def _draw_distances(axes: Axes, found: Invariance) -> None:
    from matplotlib import colormaps

    shades = colormaps["viridis"]
    layers = list(found.layers.values())
    for number, layer in enumerate(layers):
        color = shades(0.9 * number / max(len(layers) - 1, 1))
        curve = layer.distance
        # Every layer has its interval, but only the ends are labeled: depth is in the color.
        label = layer.layer if number in (0, len(layers) - 1) else None
        axes.fill_between(found.values, curve.low, curve.high, color=color, alpha=0.15, lw=0)
        axes.plot(found.values, curve.distance, color=color, lw=1.1, label=label)
    null = layers[-1].distance.null
    axes.plot(found.values, null, color=STYLE["faint"], lw=0.9, ls=":", label="another image, last")
    pixels = found.pixels.distance.distance
    axes.plot(found.values, pixels, color=STYLE["ink"], lw=1, ls="--", label="pixels (identity)")
    axes.set_ylim(0)
    axes.set_xlabel(f"{found.transform} [{found.unit}]")
    axes.set_ylabel("distance [that of two images]")
    axes.legend(loc="lower center", frameon=False)


def _draw_scores(axes: Axes, found: Sequence[Invariance], share: float) -> None:
    names = list(found[0].layers)
    places = range(len(names))
    for each in found:
        color = weights_color(each.random)
        best = [each[name].goodfellow.layer(share) for name in names]
        label = "random weights" if each.random else each.network
        axes.fill_between(
            places, [b.low for b in best], [b.high for b in best], color=color, alpha=0.15, lw=0
        )
        axes.plot(places, [b.value for b in best], "o-", color=color, ms=3, lw=1.2, label=label)
    axes.axhline(1, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)), label="chance")
    ceiling = [float(found[0][name].goodfellow.ceiling.amax()) for name in names]
    axes.plot(places, ceiling, color=STYLE["faint"], lw=0.9, ls=":", label="ceiling")
    axes.set_yscale("log")
    axes.set_xticks(list(places), names, rotation=60, ha="right")
    axes.set_ylabel(f"Goodfellow score, best {100 * share:g} % of units")
    if any(found[0][name].goodfellow.coarse for name in names):
        axes.set_title("coarse: units fire for fewer than ten samples")
    sparse = [float(found[0][name].selectivity.sparseness.nanmedian()) for name in names]
    other = axes.twinx()
    other.plot(places, sparse, color=_SPARSENESS, lw=0.9, ls="-.")
    other.set_ylim(0, 1)
    other.set_ylabel("median sparseness (dash-dotted)", color=_SPARSENESS)
    axes.legend(loc="best", frameon=False)
