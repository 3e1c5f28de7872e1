"""Figure of a unit that pools over detectors: who answers to which input, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.learned_invariance import Carriers

_COLORS = STYLE["palette"][:5]


def pooled_detectors(found: Carriers, templates: Tensor, null: Carriers | None = None) -> Figure:
    """Draw an input at which each detector answers most, all responses to it, and the curves.

    Curves are means over the images, bands hold 95 % of the draws of images.

    Parameters
    ----------
    found : result of `vizkit.carriers`, the members in the order of their best values.
    templates : weights of the members on the input, members x H x W.
    null : the same of images that the unit should not answer to.
    """
    from matplotlib.patches import Circle

    count, side = len(found.members), min(found.example.shape[2:])
    best = [int(place) for place in found.response.mean(0).argmax(0)]
    figure = new_figure(4.5 + 1.25 * count, 4.4)
    left, right = figure.subfigures(1, 2, width_ratios=(1.25 * count, 4.5), squeeze=False)[0]
    grid = left.subplots(3, count, height_ratios=(1, 0.9, 1), squeeze=False)
    pooled = found.pooled.mean(0)
    lowest, highest = float(found.response[0].min()), float(found.response[0].max())
    for column, place in enumerate(best):
        picture, bars, template = grid[:, column]
        shown = picture.imshow(found.example[place][0].numpy(), cmap="gray_r", vmin=0, vmax=1)
        # However an image is turned, it is known within this circle.
        middle, radius = (side - 1) / 2, side / 2 - 2
        shown.set_clip_path(Circle((middle, middle), radius, transform=picture.transData))
        picture.set_title(f"{found.values[place]:g} {found.parameter_unit}")
        heights = [*found.response[0, place].tolist(), float(found.pooled[0, place])]
        shades = [*_COLORS[:count], STYLE["ink"]]
        bars.bar(range(count + 1), heights, color=shades, width=0.7)
        bars.axhline(0, color=STYLE["faint"], lw=0.6)
        bars.set_ylim(lowest * 1.05, highest * 1.25)
        bars.set_xticks(range(count + 1), [*map(str, range(1, count + 1)), found.how])
        limit = float(templates.abs().max())
        template.imshow(templates[column].numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
        template.set_title(f"detector {column + 1}", color=_COLORS[column])
        for axes in (picture, template):
            axes.set_axis_off()
        if column:
            bars.set_yticklabels([])
    grid[1, 0].set_ylabel("response to it")
    curves, shares = right.subplots(2, 1, height_ratios=(3, 0.6), sharex=True)
    for number in range(count):
        name, color = f"detector {number + 1}", _COLORS[number]
        _draw_curve(curves, found.values, found.response[..., number], color, name, 1.3)
    _draw_curve(curves, found.values, found.pooled, STYLE["ink"], found.how, 2.4)
    if null is not None:
        _draw_curve(curves, null.values, null.pooled, STYLE["faint"], "others", 1.3, "--")
    curves.axhline(0, color=STYLE["faint"], lw=0.6)
    curves.set_ylabel(f"response, mean of {len(found.pooled)} images")
    curves.legend(
        **{"ncols": count + 2, "loc": "lower center", "bbox_to_anchor": (0.5, 1.0)},
        **{"frameon": False, "handlelength": 1.4, "columnspacing": 1.2},
    )
    shares.stackplot(found.values, found.carries.T.numpy(), colors=_COLORS[:count])
    shares.set_ylim(0, 1)
    shares.set_ylabel("share\nlargest")
    shares.set_xlim(found.values[0], found.values[-1])
    shares.set_xlabel(f"{found.transform} [{found.parameter_unit}]")
    kept = 100 * float((pooled >= pooled.max() / 2).float().mean())
    title = (
        f"Maximum of {count} detectors: above half of its highest response "
        f"at {kept:.0f} % of the values"
    )
    add_head(figure, title, found.random)
    return figure


def _draw_curve(
    axes: Axes,
    values: tuple[float, ...],
    responses: Tensor,
    color: str,
    name: str,
    width: float,
    style: str = "-",
) -> None:
    """Mean of images x values, and where it lies in 95 of 100 draws of images."""
    low, high = interval(responses)
    axes.fill_between(values, low.numpy(), high.numpy(), color=color, alpha=0.18, lw=0)
    axes.plot(values, responses.mean(0).tolist(), color=color, lw=width, ls=style, label=name)


def interval(responses: Tensor, draws: int = 400) -> tuple[Tensor, Tensor]:
    """Where the mean of images x values lies in 95 of 100 draws of the images.

    Examples
    --------
    >>> import torch
    >>> low, high = interval(torch.tensor([[0.0, 1.0], [0.0, 3.0]]))
    >>> low.tolist(), high.tolist()
    ([0.0, 1.0], [0.0, 3.0])
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    drawn = torch.randint(len(responses), (draws, len(responses)), generator=generator)
    means = responses.cpu()[drawn].mean(1)
    return means.quantile(0.025, 0), means.quantile(0.975, 0)
