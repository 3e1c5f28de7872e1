"""Activation volumes of an image, column by column, and the scores that come out at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from vizkit.plots.frame import plain_figure, show_image, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vizkit.activations.image import ClassScore, ImageActivations

_TILE, _GAP, _STEP, _SIDE, _TOP, _BOTTOM, _SCORES = 0.92, 0.05, 0.2, 1.75, 0.98, 1.1, 2.8
"""Inches."""
_PT = 11
_COLORS = ((0.0, "#5aa9e6"), (0.5, "#101014"), (0.8, "#e9a15b"), (1.0, "#fff6e0"))
"""Negative, nothing, and positive responses."""


def activation_chart(activations: ImageActivations, *, title: str | None = None) -> Figure:
    """The image, then a column of maps for every layer with the size of its volume, then scores.

    Every map is drawn in its own scale: black is 0, bright the map's largest response by magnitude,
    blue negative. Columns without a gap between them show the same channels.

    Parameters
    ----------
    activations : of `vizkit.activations.image_activations`.
    title : by default the network and the image.
    """
    image, layers, scores = activations.image, activations.layers, activations.classes
    tall = max(len(layer.channels) for layer in layers)
    steps = [0.0 if layer.kept else _STEP for layer in layers]
    wide = len(layers) * (_TILE + _GAP) + sum(steps)
    width = 0.1 + _SIDE + wide + (_SCORES if scores else 0.15)
    height = _TOP + tall * (_TILE + _GAP) + _BOTTOM
    figure = plain_figure(width, height)

    def place(x: float, y: float, across: float, down: float) -> Axes:
        return figure.add_axes((x / width, 1 - (y + down) / height, across / width, down / height))

    middle = _TOP + (tall * (_TILE + _GAP) - _GAP) / 2
    shown = place(0.1, middle - _SIDE / 2 + 0.05, _SIDE - 0.1, _SIDE - 0.1)
    show_image(shown, image)
    shown.set_xlabel("x".join(map(str, (*image.shape[1:], image.shape[0]))), fontsize=_PT)
    x = 0.1 + _SIDE
    for step, layer in zip(steps, layers, strict=True):
        x += step
        # Numbers without positions tell something only beside each other.
        peak = float(layer.maps.abs().max()) if layer.maps.shape[1:] == (1, 1) else None
        for row, values in enumerate(layer.maps):
            _draw_map(place(x, _TOP + row * (_TILE + _GAP), _TILE, _TILE), values, peak)
        middle_x, head = (x + _TILE / 2) / width, 1 - (_TOP - 0.05) / height
        name = f"{layer.layer}\n{layer.kind}"
        figure.text(middle_x, head, name, fontsize=_PT, ha="center", va="bottom", parse_math=False)
        foot = 1 - (_TOP + tall * (_TILE + _GAP) + 0.02) / height
        # Columns may stand close: the depth has a line of its own.
        size = "x".join(map(str, layer.shape[1:])) + f"\nx{layer.shape[0]}"
        text = f"{size if layer.shape[1:] else layer.shape[0]}\n{layer.activations:,}"
        figure.text(middle_x, foot, text, fontsize=_PT, ha="center", va="top")
        x += _TILE + _GAP
    if scores:
        high = min(2.6, height - _TOP - _BOTTOM)
        _draw_scores(place(x + 0.35, middle - high / 2, _SCORES - 0.6, high), scores)
    note = "size and number of values; each map in its own scale: black 0, blue negative"
    figure.text(0.1 / width, 0.1 / height, note, fontsize=_PT, color=STYLE["faint"])
    named = f"{activations.source}   {activations.name}".rstrip()
    show_title(figure, named if title is None else title, activations.random)
    return figure


def _draw_map(axes: Axes, values: Tensor, peak: float | None) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("signed", _COLORS)
    most = float(values.abs().max() if peak is None else peak) or 1.0
    axes.imshow(values.numpy(), cmap=colors, vmin=-most, vmax=most, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _draw_scores(axes: Axes, scores: Sequence[ClassScore]) -> None:
    """Bars of probabilities, the best class at the top, with the names above them."""
    for row, score in enumerate(scores):
        axes.barh(row, score.probability, height=0.34, color=STYLE["palette"][0])
        axes.barh(row, 1, height=0.34, color=STYLE["palette"][0], alpha=0.12, zorder=0)
        name = (score.name or f"class {score.channel}").split(",")[0]
        text = f"{name}  {100 * score.probability:.1f} %"
        axes.text(0, row - 0.27, text, fontsize=12, va="bottom", parse_math=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(scores) - 0.5, -0.9)
    axes.set_axis_off()
