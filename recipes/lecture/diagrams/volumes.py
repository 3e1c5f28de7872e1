"""Volumes of activations as boxes, all to one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vizkit.arithmetic import Volume

_SLANT = (0.55, 0.42)
"""How far right and up one unit of width goes: the width of a volume runs into the page."""
_PALE, _EDGE = "#d9e7f2", "#2a6f97"


def draw_volumes(
    axes: Axes,
    volumes: Sequence[Volume],
    captions: Sequence[str] = (),
    between: Sequence[str] = (),
    *,
    gap: float | None = None,
    arrows: Sequence[bool] = (),
    colors: Sequence[str] = (),
) -> None:
    """Draw `volumes` into `axes` from left to right: height up, depth across, width inward.

    One unit of any side has the same length everywhere. A side is drawn at least a sixtieth of the
    tallest volume, so that single columns can be seen.

    Parameters
    ----------
    captions : below the volumes; by default their sizes.
    between : names of what leads from one volume to the next, one less than volumes.
    gap : between volumes; by default what the names need.
    arrows : whether an arrow goes with each name of `between`; by default everywhere.
    colors : of the faces.
    """
    from matplotlib.patches import Polygon

    tallest = max(max(each.height, each.width) for each in volumes)
    least = tallest / 60
    gap = gap or 0.42 * tallest
    x, ends = 0.0, []
    for number, each in enumerate(volumes):
        deep, high, wide = (max(n, least) for n in (each.depth, each.height, each.width))
        across, up = _SLANT[0] * wide, _SLANT[1] * wide
        bottom = -(high + up) / 2
        color = colors[number] if colors else _PALE
        corner, top = (x, bottom), bottom + high
        far = x + deep
        faces = (
            ((x, top), (far, top), (far + across, top + up), (x + across, top + up), -0.45),
            (
                (far, bottom),
                (far + across, bottom + up),
                (far + across, top + up),
                (far, top),
                0.28,
            ),
            (corner, (far, bottom), (far, top), (x, top), 0.0),
        )
        for *points, shade in faces:
            axes.add_patch(
                Polygon(points, fc=_shaded(color, shade), ec=_EDGE, lw=0.8, joinstyle="round")
            )
        middle = x + (deep + across) / 2
        _write(axes, middle, bottom - 0.08 * tallest, captions[number] if captions else str(each))
        ends.append((x, far + across))
        x = far + across + gap
    for number, name in enumerate(between):
        start, end = ends[number][1], ends[number + 1][0]
        drawn = arrows[number] if arrows else True
        if drawn:
            axes.annotate(
                *("", (end - 0.06 * gap, 0)),
                xytext=(start + 0.06 * gap, 0),
                arrowprops={"arrowstyle": "-|>", "color": STYLE["faint"], "lw": 0.9},
            )
        at, va = (0.05 * tallest, "bottom") if drawn else (0.0, "center")
        _write(axes, (start + end) / 2, at, name, va=va, color=STYLE["faint"])
    half = tallest * (1 + _SLANT[1]) / 2
    lines = max(text.count("\n") + 1 for text in (*captions, ""))
    axes.set_xlim(-0.1 * tallest, ends[-1][1] + 0.1 * tallest)
    axes.set_ylim(-half - (0.1 + 0.13 * lines) * tallest, half + 0.05 * tallest)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _shaded(color: str, shade: float) -> tuple[float, ...]:
    """`color` mixed with the edge's, or for less than 0 with white."""
    from matplotlib.colors import to_rgb

    other = to_rgb(_EDGE if shade > 0 else "white")
    pairs = zip(to_rgb(color), other, strict=True)
    return tuple(own + abs(shade) * (end - own) for own, end in pairs)


def _write(axes: Axes, x: float, y: float, text: str, **how: Any) -> None:
    how = {"va": "top", "color": STYLE["ink"], **how}
    axes.text(
        x,
        y,
        text,
        ha="center",
        fontsize=STYLE["caption_pt"] + 1.5,
        linespacing=1.35,
        parse_math=False,
        **how,
    )
