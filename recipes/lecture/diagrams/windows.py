"""Where the windows of a convolution or a pooling lie along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vizkit.arithmetic import Window

_COLORS = ("#2a6f97", "#c8452f", "#3a7d44", "#b8860b")
_PAD, _UNUSED = "#e6e6e6", "#f3c9c2"


def draw_windows(axes: Axes, window: Window, *, room: tuple[int, int] = (0, 0)) -> None:
    """Draw a row of inputs into `axes`, and below it a bar for each window.

    Inputs in the padding are gray and hold a 0; those that no window sees are pale red. Where
    windows overlap, their bars stand below each other. The formula is the title.

    Parameters
    ----------
    window : of `vizkit.arithmetic`, without dilation.
    room : cells and bars to make room for, so that several drawings have one scale.
    """
    from matplotlib.patches import Rectangle

    seen = {at for number in range(window.output) for at in window.inputs_of(number)}
    for at in range(-window.before, window.size + window.after):
        inside = 0 <= at < window.size
        paper = _PAD if not inside else "white" if at in seen else _UNUSED
        axes.add_patch(Rectangle((at, 0), 1, 1, fc=paper, ec=STYLE["faint"], lw=0.7))
        if not inside:
            axes.text(at + 0.5, 0.47, "0", ha="center", va="center", color=STYLE["faint"])
    high, low = 0.42, 0.0
    for number in range(window.output):
        start = number * window.stride - window.before
        low = -0.35 - _level(window, number) * 1.3 * high
        color = _COLORS[number % len(_COLORS)]
        bar = Rectangle((start + 0.06, low - high), window.extent - 0.12, high, fc=color, lw=0)
        axes.add_patch(bar)
    levels = max(room[1], 1 + max(_level(window, n) for n in range(window.output)))
    width = max(room[0], window.size + window.before + window.after)
    middle = (window.size + window.after - window.before) / 2
    axes.set_xlim(middle - width / 2 - 0.2, middle + width / 2 + 0.2)
    axes.set_ylim(-0.45 - levels * 1.3 * high, 1.15)
    axes.set_aspect("equal")
    axes.set_axis_off()
    look: dict[str, Any] = {"fontsize": STYLE["caption_pt"] + 1.5, "parse_math": False}
    axes.set_title(str(window.formula), **look)


def _level(window: Window, number: int) -> int:
    """Line of a window's bar; as many lines as windows lie above one another."""
    return number % -(-window.extent // window.stride)
