"""A channel before and after pooling, to scale, and what a shift of the image changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.plots.frame import plain_figure, show_image, show_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDE, _GAP, _ROW, _TOP = 2.7, 0.3, 3.35, 0.85
"""Inches; the map before pooling is `_SIDE` wide."""
_SILENT, _SAME, _CHANGED = "#e9e6df", "#1b1b22", "#e2583e"
_PT = 11


def pooled_maps(
    image: Tensor,
    before: tuple[Tensor, Tensor],
    after: tuple[Tensor, Tensor],
    shares: Mapping[str, float],
    *,
    corner: tuple[int, int] | None = None,
    patch: int = 8,
    title: str = "",
    random: bool = False,
) -> Figure:
    """One channel before and after pooling in one scale, a patch of it in numbers, and changes.

    What the shift changes is red, what stays is dark, and white is what is silent in both.

    Parameters
    ----------
    image : C H W in [0, 1].
    before, after : the map, H x W, of the image and of its shift.
    shares : name -> share of values that the shift changes, from 0 to 1, drawn as bars.
    corner, patch : (y, x) and side of the patch of `before` whose numbers are shown; by default
        the one with the largest contrast.

    Raises
    ------
    UsageError : maps whose sides have no whole ratio, or a patch that does not fit.
    """
    ratio, rest = divmod(before[0].shape[0], after[0].shape[0])
    corner = (
        _liveliest(before[0], patch, ratio) if corner is None and not rest else corner or (0, 0)
    )
    if rest or patch % ratio or any(each % ratio for each in corner):
        raise UsageError(
            f"maps of {tuple(before[0].shape)} and {tuple(after[0].shape)}, corner {corner} and "
            f"patch {patch} do not fit each other.\n  Their ratio has to divide corner and patch."
        )
    width, height = 3 * _SIDE + 2 * _SIDE / ratio + 5 * _GAP + 0.4, _TOP + 2 * _ROW - 0.3
    figure = plain_figure(width, height)

    def place(x: float, row: int, side: float, across: float | None = None) -> Axes:
        y = _TOP + row * _ROW
        wide = side if across is None else across
        return figure.add_axes((x / width, 1 - (y + side) / height, wide / width, side / height))

    small = _SIDE / ratio
    second = _SIDE + 2 * _GAP
    third = second + _SIDE + _GAP
    fourth = third + small + 2 * _GAP
    fifth = fourth + _SIDE + _GAP
    shown = place(_GAP, 0, _SIDE)
    show_image(shown, image)
    _say(shown, "image", image)
    scale = float(before[0].max()) or 1.0
    for x, side, values, name in (
        (second, _SIDE, before[0], "before"),
        (third, small, after[0], "after"),
    ):
        axes = place(x, 0, side)
        _plain(axes).imshow(values.numpy(), cmap="magma", vmin=0, vmax=scale)
        _say(axes, name, values)
        _frame(axes, corner, patch, ratio if name == "after" else 1)
    y, x0 = corner
    part = before[0][y : y + patch, x0 : x0 + patch]
    few = after[0][y // ratio : (y + patch) // ratio, x0 // ratio : (x0 + patch) // ratio]
    _numbers(place(fourth, 0, _SIDE), part, ratio)
    _numbers(place(fifth, 0, small), few, 1)
    for x, side, (first, moved) in ((second, _SIDE, before), (third, small, after)):
        axes = place(x, 1, side)
        _draw_changes(axes, first, moved)
    lines = ("the image moves\nby one pixel", "what changes", "what stays", "silent in both")
    for number, (line, color) in enumerate(zip(lines, ("", _CHANGED, _SAME, _SILENT), strict=True)):
        level = 1 - (_TOP + _ROW + 0.15 + 0.36 * (number + bool(number))) / height
        left = (_GAP + (0.42 if color else 0)) / width
        figure.text(left, level, line, fontsize=_PT + 2, va="top", linespacing=1.4)
        if color:
            box = (_GAP / width, level - 0.24 / height, 0.26 / width, 0.26 / height)
            _plain(figure.add_axes(box)).set_facecolor(color)
    _draw_shares(place(fourth + 1.0, 1, _SIDE - 0.3, _SIDE + small + _GAP - 1.0), shares)
    show_title(figure, title, random)
    return figure


def _plain(axes: Axes) -> Axes:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return axes


def _say(axes: Axes, name: str, values: Tensor) -> None:
    rows, columns = values.shape[-2:]
    axes.set_title(f"{name}, {rows} x {columns}", fontsize=_PT)


def _frame(axes: Axes, corner: tuple[int, int], patch: int, ratio: int) -> None:
    from matplotlib.patches import Rectangle

    y, x = (each / ratio - 0.5 for each in corner)
    side = patch / ratio
    axes.add_patch(Rectangle((x, y), side, side, facecolor="none", edgecolor="white", lw=1.6))


def _numbers(axes: Axes, values: Tensor, ratio: int) -> None:
    """Values in their cells; of each window of `ratio` x `ratio` the largest in a box."""
    from matplotlib.patches import Rectangle

    most = float(values.max()) or 1.0
    _plain(axes).imshow(values.numpy(), cmap="magma", vmin=0, vmax=most)
    side = len(values)
    for y, row in enumerate(values.tolist()):
        for x, value in enumerate(row):
            color = "white" if value < 0.6 * most else "black"
            text = f"{value:.0f}" if most >= 10 else f"{value:.1f}"
            axes.text(x, y, text, fontsize=8, ha="center", va="center", color=color)
    for line in range(0, side + 1, ratio):
        axes.axhline(line - 0.5, color="white", lw=1.2)
        axes.axvline(line - 0.5, color="white", lw=1.2)
    axes.set_title("a patch in numbers" if ratio > 1 else "pooled", fontsize=_PT)
    if ratio == 1:
        return
    for y in range(0, side, ratio):
        for x in range(0, side, ratio):
            at = int(values[y : y + ratio, x : x + ratio].argmax())
            corner = (x + at % ratio - 0.44, y + at // ratio - 0.44)
            box = Rectangle(corner, 0.88, 0.88, facecolor="none", edgecolor="#5ad1ff", lw=1.8)
            axes.add_patch(box)


def _draw_changes(axes: Axes, first: Tensor, moved: Tensor) -> None:
    from matplotlib.colors import ListedColormap

    active = (first != 0) | (moved != 0)
    kinds = active.long() + (first != moved).long()
    colors = ListedColormap([_SILENT, _SAME, _CHANGED])
    _plain(axes).imshow(kinds.numpy(), cmap=colors, vmin=0, vmax=2, interpolation="nearest")
    share = float((kinds == 2).sum() / active.sum().clamp(min=1))
    axes.set_title(f"{100 * share:.0f} % change", fontsize=_PT)


def _liveliest(values: Tensor, patch: int, step: int) -> tuple[int, int]:
    """Corner of the patch with the largest standard deviation, in steps."""
    parts = values.unfold(0, patch, step).unfold(1, patch, step)
    spread = parts.flatten(2).std(2)
    y, x = divmod(int(spread.argmax()), spread.shape[1])
    return y * step, x * step


def _draw_shares(axes: Axes, shares: Mapping[str, float]) -> None:
    for row, share in enumerate(shares.values()):
        axes.barh(row, 100 * share, color=_CHANGED if row else "#8a8a8a", height=0.62)
        axes.text(100 * share + 2, row, f"{100 * share:.0f} %", fontsize=_PT, va="center")
    axes.set_yticks(range(len(shares)), list(shares), fontsize=_PT)
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 118)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title("active values that change, all channels", fontsize=_PT)
