"""Figures of learned invariances: pictures that differ, walks, and who carries a pooled unit."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, edges, new_figure, show_image
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.learned_invariance import Carriers, Diverse, Walk

_CHANGE, _CURVE = STYLE["palette"][:2]
_TILE = 0.95
"""Side of a picture in inches."""


def diverse_sheet(diverse: Diverse) -> Figure:
    """Diverse pictures above independent ones, with their responses, and both sets' distances.

    Parameters
    ----------
    diverse : result of `vizkit.diverse`.
    """
    count = len(diverse.images)
    beside = 2 * _TILE + 0.9
    figure = new_figure(count * _TILE + beside, 2 * (_TILE + 0.3) + 0.4)
    spec = figure.add_gridspec(2, count + 1, width_ratios=[*[_TILE] * count, beside])
    alone = [render.image for render in diverse.independent]
    rows = (
        ("diverse", list(diverse.images), diverse.share),
        ("independent", alone, diverse.independent_share),
    )
    for row, (name, images, shares) in enumerate(rows):
        for column, (image, share) in enumerate(zip(images, shares.tolist(), strict=True)):
            axes = figure.add_subplot(spec[row, column])
            show_image(axes, image)
            low = share < diverse.enough
            axes.set_title(f"{100 * share:.0f} %", color=STYLE["warning"] if low else STYLE["ink"])
            if column == 0:
                axes.set_ylabel(name)
    _draw_distances(figure.add_subplot(spec[:, count]), diverse)
    enough = f"{100 * diverse.enough:.0f} % of the best response or more"
    title = f"{diverse.unit}  {count} pictures at {enough}"
    add_head(figure, title, diverse.random)
    return figure


def film_strip(walk: Walk, *, frames: int = 10) -> Figure:
    """Pictures of a walk in equal steps, above the response and the change of every frame.

    The band is the tolerance of the response. Dotted is the floor of the change: up to where
    straight ways in random directions stay within the tolerance.

    Parameters
    ----------
    walk : result of `vizkit.walk`.
    frames : pictures shown, 2 or more; a walk has one for every step.

    Raises
    ------
    UsageError : fewer pictures.
    """
    if frames < 2:
        raise UsageError(f"frames={frames} is out of range.\n  Give 2 or more.")
    last = len(walk.frames) - 1
    shown = sorted({round(place * last / (frames - 1)) for place in range(frames)})
    figure = new_figure(max(len(shown) * _TILE + 0.8, 4.0), _TILE + 2.1)
    spec = figure.add_gridspec(2, len(shown), height_ratios=(_TILE, 1.3))
    for column, place in enumerate(shown):
        axes = figure.add_subplot(spec[0, column])
        show_image(axes, walk.frames[place])
        axes.set_title(f"{place}")
    left = figure.add_subplot(spec[1, :])
    numbers = range(last + 1)
    left.axhspan(1 - walk.tolerance, 1 + walk.tolerance, color=_CURVE, alpha=0.15, lw=0)
    left.plot(numbers, walk.share.tolist(), "o-", color=_CURVE, ms=2, lw=1)
    left.set_ylim(1 - 4 * walk.tolerance, 1 + 2 * walk.tolerance)
    left.set_xlim(0, max(last, 1))
    left.set_xlabel("frame" + (", then no step kept the response" if walk.stuck else ""))
    left.set_ylabel("response [first]", color=_CURVE)
    right = left.twinx()
    right.plot(numbers, walk.change.tolist(), color=_CHANGE, lw=1.2)
    right.axhline(walk.straight, color=_CHANGE, lw=0.9, ls=":")
    right.set_ylim(0)
    right.set_ylabel(f"change in {walk.space}", color=_CHANGE)
    off = float((walk.share - 1).abs().max())
    title = f"{walk.unit}  walk at equal response, {100 * off:.1f} % off at most"
    add_head(figure, title, walk.random)
    right.spines["right"].set_visible(True)
    return figure


def carrier_chart(carriers: Carriers, *, pictures: int = 9) -> Figure:
    """Members' responses over the values, the pooled one above them, and who carries it.

    Parameters
    ----------
    carriers : result of `vizkit.carriers`.
    pictures : values whose transformed image is shown, at most.
    """
    from matplotlib import colormaps

    count = len(carriers.members)
    palette = colormaps["tab10" if count <= 10 else "turbo"]
    colors = [palette(n if count <= 10 else n / (count - 1)) for n in range(count)]
    names = [unit.name for unit in carriers.members]
    values = list(carriers.values)
    places = range(0, len(values), math.ceil(len(values) / max(pictures, 1)))
    figure = new_figure(max(len(places) * 0.75 + 1.6, 5.0), 3.9)
    spec = figure.add_gridspec(3, len(places), height_ratios=(0.75, 1.7, 0.45))
    for column, place in enumerate(places):
        axes = figure.add_subplot(spec[0, column])
        show_image(axes, carriers.example[place])
        axes.set_title(f"{values[place]:g}")
    curves = figure.add_subplot(spec[1, :])
    for name, color, member in zip(
        names, colors, carriers.response.mean(0).T.tolist(), strict=True
    ):
        curves.plot(values, member, color=color, lw=1.2, label=name if count <= 10 else None)
    pooled = carriers.pooled.mean(0).tolist()
    curves.plot(values, pooled, color=STYLE["ink"], lw=2.6, alpha=0.35, label=carriers.how)
    curves.set_ylabel("response")
    curves.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    band = figure.add_subplot(spec[2, :], sharex=curves)
    borders = edges(values)
    widths = [b - a for a, b in pairwise(borders)]
    bottom = [0.0] * len(values)
    for color, shares in zip(colors, carriers.carries.T.tolist(), strict=True):
        band.bar(borders[:-1], shares, widths, bottom, align="edge", color=color, lw=0)
        bottom = [a + b for a, b in zip(bottom, shares, strict=True)]
    band.set_ylim(0, 1)
    band.set_xlim(borders[0], borders[-1])
    band.set_ylabel("carried by\n[of images]")
    band.set_yticks([0, 1])
    band.set_xlabel(f"{carriers.transform} [{carriers.parameter_unit}]")
    curves.tick_params(labelbottom=False)
    title = f"{carriers.members[0].source}  {carriers.summary}"
    add_head(figure, title, carriers.random)
    return figure


def _draw_distances(axes: Axes, diverse: Diverse) -> None:
    """Every two pictures' distance as a dot, mean as a line, for both sets."""
    tables = (
        ("diverse", diverse.distances, _CURVE),
        ("indep.", diverse.independent_distances, _CHANGE),
    )
    for column, (_, table, color) in enumerate(tables):
        pairs = [float(table[a, b]) for a in range(len(table)) for b in range(a + 1, len(table))]
        spread = [column + 0.12 * math.sin(2.4 * n) for n in range(len(pairs))]
        axes.plot(spread, pairs, "o", ms=3, color=color, alpha=0.6, mew=0)
        mean = sum(pairs) / len(pairs)
        axes.plot([column - 0.25, column + 0.25], [mean, mean], color=color, lw=1.6)
    axes.set_xticks([0, 1], [name for name, _, _ in tables])
    axes.set_xlim(-0.5, 1.5)
    axes.set_ylim(0)
    axes.set_ylabel(f"distance in {diverse.space}")
    axes.set_title(f"{diverse.gain:.2f} times as far apart")
