"""Weights between layers: the strongest kernels of each sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.plots.frame import new_figure, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vizkit.circuits.result import Kernels

_CELL, _HEAD, _FOOT = 1.0, 0.4, 0.2
"""Side of a kernel with its caption, and what is above and below all, in inches."""


def kernel_sheet(found: Kernels, *, count: int = 8, title: str | None = None) -> Figure:
    """The strongest kernels, those with a positive sum above those with a negative one.

    Red weights excite, blue ones inhibit, white is 0; all kernels are in one scale. Below each
    stand its channel and its sum.

    Parameters
    ----------
    found : of `vizkit.circuits.upstream` or `vizkit.circuits.downstream`.
    count : kernels of each sign.
    title : by default what is shown.
    """
    signs = {"excite": found.strongest(count), "inhibit": found.strongest(count, negative=True)}
    rows = {name: channels for name, channels in signs.items() if channels} or signs
    most = float(found.kernels.abs().max()) or 1.0
    totals = found.totals
    figure = new_figure(count * _CELL, len(rows) * (_CELL + 0.15) + _HEAD + _FOOT)
    axes = figure.subplots(len(rows), count, squeeze=False)
    for row, (name, channels) in zip(axes, rows.items(), strict=True):
        for place, cell in enumerate(row):
            cell.set_xticks([])
            cell.set_yticks([])
            if place >= len(channels):
                cell.set_axis_off()
                continue
            channel = channels[place]
            kernel = found.kernels[channel].numpy()
            cell.imshow(kernel, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
            cell.spines[:].set_color(STYLE["faint"])
            cell.spines[:].set_linewidth(0.4)
            text = f"{found.layer_name}:{channel}\n{totals[channel]:+.2g}"
            cell.set_xlabel(text, fontsize=STYLE["caption_pt"], parse_math=False)
        if channels:
            row[0].set_ylabel(name, fontsize=STYLE["title_pt"])
    between = {"upstream": "is made of", "downstream": "feeds"}[found.side]
    named = f"{found.unit} {between} {found.layer_name}" if title is None else title
    show_title(figure, named, found.random)
    figure.supxlabel(
        f"Red excites, blue inhibits, one scale to ±{most:.2g}. {found.caveat}",
        fontsize=STYLE["caption_pt"],
        color=STYLE["faint"],
    )
    return figure
