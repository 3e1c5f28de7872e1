"""What figures of several axes have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vizkit.images.planes import side_by_side
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from torch import Tensor


def plain_figure(width: float, height: float) -> Figure:
    """Empty figure of `width` by `height` inches, in which everything is placed by hand."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=STYLE["dpi"])
    figure.set_facecolor(STYLE["paper"])
    return figure


def new_figure(width: float, height: float) -> Figure:
    """Empty figure of `width` by `height` inches that lays itself out."""
    figure = plain_figure(width, height)
    figure.set_layout_engine("constrained")
    return figure


def colored(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels, H W C, with three channels: gray is gray whatever the color map.

    Of 2 channels, or of more than 3, each is a gray picture, side by side.
    """
    shown = side_by_side(pixels)
    return shown.repeat(3, axis=2) if shown.shape[2] == 1 else shown


def show_image(axes: Axes, image: Tensor) -> None:
    """Image, C H W in [0, 1], in gray or in color, without ticks or a frame."""
    pixels = image.detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    axes.imshow(colored(pixels), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def name_ticks(axes: Axes, names: Sequence[str]) -> None:
    """Names below the places 0, 1, 2, ...; slanted where they are too long to stand upright."""
    slant: dict[str, Any] = (
        {"rotation": 60, "ha": "right"} if max(map(len, names), default=0) > 3 else {}
    )
    axes.set_xticks(range(len(names)), names, **slant)
    for label in axes.get_xticklabels():
        label.set_parse_math(False)


def weights_color(random: bool) -> str:
    """Color of what weights give: trained ones, or such as were never trained."""
    return str(STYLE["random" if random else "trained"])


def edges(values: Sequence[float]) -> list[float]:
    """Borders halfway between `values`, and as far beyond the outer ones."""
    if len(values) == 1:
        return [values[0] - 0.5, values[0] + 0.5]
    inner = [(a + b) / 2 for a, b in pairwise(values)]
    return [2 * values[0] - inner[0], *inner, 2 * values[-1] - inner[-1]]


def legend_below(figure: Figure, handles: Sequence[Any], points: float) -> None:
    """A legend of one row below all axes."""
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=points,
    )


def _write_title(figure: Figure, title: str, random: bool, points: float, **place: Any) -> None:
    """Title at the left, with the badge of weights that were never trained."""
    figure.suptitle(
        title + ("   RANDOM WEIGHTS" if random else ""),
        x=0.01,
        ha="left",
        fontsize=points,
        color=STYLE["warning"] if random else STYLE["ink"],
        parse_math=False,
        **place,
    )


def show_title(figure: Figure, title: str, random: bool) -> None:
    """Title in the size that a slide needs, with the badge of weights that were never trained."""
    # A figure that lays itself out makes room for a title that is not placed by hand.
    placed = {} if figure.get_layout_engine() else {"y": 1 - 0.1 / figure.get_figheight()}
    _write_title(figure, title, random, STYLE["slide_pt"], va="top", **placed)


def add_head(figure: Figure, title: str, random: bool) -> None:
    """Title, and small print and thin lines for all axes; the last thing to do to a figure."""
    _write_title(figure, title, random, STYLE["title_pt"])
    for axes in figure.axes:
        axes.tick_params(labelsize=STYLE["caption_pt"], length=2.5, width=0.6)
        for text in (axes.xaxis.label, axes.yaxis.label):
            text.set_fontsize(STYLE["caption_pt"] + 0.5)
        axes.title.set_fontsize(STYLE["caption_pt"] + 0.5)
        legend = axes.get_legend()
        for entry in legend.get_texts() if legend else ():
            entry.set_fontsize(STYLE["caption_pt"])
            entry.set_parse_math(False)
        if axes.get_label() != "<colorbar>" and "top" in axes.spines:
            axes.spines[["top", "right"]].set_visible(False)
        for spine in axes.spines.values():
            spine.set_linewidth(0.6)
