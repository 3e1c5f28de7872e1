"""Maps of attribution over their images, beside those of shuffled weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.plots.frame import new_figure, show_image, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.attribution.result import Attribution

_SIDE, _TOP = 2.9, 15
"""Inches; channels that are shown as bars."""


def attribution_figure(attribution: Attribution, *, title: str | None = None) -> Figure:
    """A row for each image: the image, its map, and the map of shuffled weights.

    Maps are in their own scales: red is for the unit, blue against it, white is nothing. Channels
    of a layer are bars, those with the largest magnitudes.

    Parameters
    ----------
    attribution : of `vizkit.attribute`.
    title : by default the unit and the method.
    """
    count = len(attribution.maps)
    figure = new_figure(3 * _SIDE, count * (_SIDE + 0.45) + 0.5)
    axes = figure.subplots(count, 3, squeeze=False)
    for number, (image, one, other) in enumerate(axes):
        show_image(image, attribution.images[number])
        missed, alike = attribution.completeness[number], attribution.sanity[number]
        _draw(one, attribution.maps[number])
        _draw(other, attribution.random_maps[number])
        error = "" if missed is None else f"sum off by {100 * missed:.2g} %"
        rank = "one is constant" if alike is None else f"rank correlation {alike:.2f}"
        value = f"response {attribution.values[number]:.3g}"
        texts = (attribution.names[number] or "image", value), (attribution.method, error)
        heads = (*texts, ("shuffled weights", rank))
        for each, (above, below) in zip((image, one, other), heads, strict=True):
            text = f"{above}\n{below}".rstrip()
            each.set_title(text, fontsize=STYLE["caption_pt"] + 2, parse_math=False)
        if attribution.maps.ndim == 2:
            one.set_ylabel(f"channels of {attribution.through}", fontsize=STYLE["caption_pt"])
    named = f"{attribution.unit}"
    show_title(figure, named if title is None else title, attribution.random)
    figure.supxlabel(
        "Red is for the unit, blue against it; each panel in its own scale.",
        fontsize=STYLE["caption_pt"],
        color=STYLE["faint"],
    )
    return figure


def _draw(axes: Axes, shares: Tensor) -> None:
    if shares.ndim == 1:
        order = shares.abs().argsort(descending=True, stable=True)[:_TOP].tolist()
        colors = ["#b2182b" if shares[each] > 0 else "#2166ac" for each in order]
        axes.barh(range(len(order)), [float(shares[each]) for each in order], color=colors)
        axes.set_yticks(range(len(order)), [str(each) for each in order])
        axes.invert_yaxis()
        axes.locator_params(axis="x", nbins=4)
        return
    # One pixel must not hide all others.
    most = float(shares.abs().flatten().quantile(0.995)) or float(shares.abs().max()) or 1.0
    axes.imshow(shares.numpy(), cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
