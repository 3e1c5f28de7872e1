"""What figures of several axes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor


def new_figure(width: float, height: float, *, apart: float | None = None) -> Figure:
    """Empty figure of `width` by `height` inches that lays itself out.

    Parameters
    ----------
    apart : inches to keep free above and below everything; a little by default.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(h_pad=apart)
    figure = Figure((width, height), dpi=STYLE["dpi"], layout=layout)
    figure.set_facecolor(STYLE["paper"])
    return figure


def show_image(axes: Axes, image: Tensor) -> None:
    """Image, C H W in [0, 1], in gray or in color, without ticks or a frame."""
    pixels = image.detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    shown = pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels[..., :3]
    axes.imshow(shown, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def show_title(figure: Figure, title: str, random: bool) -> None:
    """Title in the size that a slide needs, with the badge of weights that were never trained."""
    # A figure that lays itself out makes room for a title that is not placed by hand.
    placed = {} if figure.get_layout_engine() else {"y": 1 - 0.1 / figure.get_figheight()}
    figure.suptitle(
        title + ("   RANDOM WEIGHTS" if random else ""),
        x=0.01,
        ha="left",
        va="top",
        fontsize=STYLE["slide_pt"],
        color=STYLE["warning"] if random else STYLE["ink"],
        parse_math=False,
        **placed,
    )


def add_head(figure: Figure, title: str, random: bool) -> None:
    """Title, and small print and thin lines for all axes; the last thing to do to a figure."""
    figure.suptitle(
        title + ("   RANDOM WEIGHTS" if random else ""),
        x=0.01,
        ha="left",
        fontsize=STYLE["title_pt"],
        color=STYLE["warning"] if random else STYLE["ink"],
        parse_math=False,
    )
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
