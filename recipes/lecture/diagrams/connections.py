"""Diagrams of units and their connections, drawn as in textbooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from computations.connections import Connections

    Mask = NDArray[np.bool_]

_LIT, _DIM, _BOLD, _THIN = "#9cc3dd", "white", "#1f1f1f", "#b9b9b9"
_RADIUS = 0.36
"""Of a circle, in distances of the pixels."""


def draw_connections(
    axes: Axes,
    found: Connections,
    *,
    lit: Sequence[Mask] = (),
    bold: Sequence[Mask] = (),
    names: Sequence[str] = (),
    rise: float = 2.6,
    rightward: bool = False,
) -> None:
    """Draw a row of circles for the image and for each layer, and a line for each connection.

    Parameters
    ----------
    axes : to draw into; its scale becomes that of the units.
    found : of `computations.connections`.
    lit : units to fill with color, for the image and each layer: what ``found.from_below`` and
        ``found.from_above`` give.
    bold : connections to draw bold, shaped as ``found.matrices``; by default those of lit units.
    names : of the image and each layer.
    rise : distance from one layer to the next, in distances of the pixels.
    rightward : draw from left to right rather than from the bottom up.
    """
    from matplotlib.collections import EllipseCollection, LineCollection

    shown = lit or [np.zeros(size, bool) for size in found.sizes]
    strong = bold or [
        matrix & above[:, None] & below[None, :]
        for matrix, below, above in zip(found.matrices, shown, shown[1:], strict=False)
    ]
    rows = [
        np.column_stack([places, np.full(len(places), rise * level)])
        for level, places in enumerate(found.places)
    ]
    if rightward:
        rows = [row[:, ::-1] * (1, -1) for row in rows]
    for level, matrix in enumerate(found.matrices):
        for wanted, color, width, order in (
            (matrix & ~strong[level], _THIN, 0.6, 1),
            (matrix & strong[level], _BOLD, 1.5, 2),
        ):
            ends = zip(*np.nonzero(wanted), strict=True)
            lines = [_between(rows[level][low], rows[level + 1][high]) for high, low in ends]
            axes.add_collection(LineCollection(lines, color=color, lw=width, zorder=order))
    for row, on, name in zip(rows, shown, [*names, *[""] * len(rows)], strict=False):
        diameters = [2 * _RADIUS] * len(row)
        circles = EllipseCollection(
            *(diameters, diameters, [0] * len(row)),
            units="xy",
            offsets=row,
            offset_transform=axes.transData,
            facecolors=[_LIT if each else _DIM for each in on],
            edgecolors=STYLE["ink"],
            linewidths=0.8,
            zorder=3,
        )
        axes.add_collection(circles)
        _name(axes, row, name, rightward)
    low, high = np.min([r.min(0) for r in rows], 0), np.max([r.max(0) for r in rows], 0)
    room = np.array([0.6, 0.6])
    axes.set_xlim(low[0] - room[0] - 3 * (bool(names) and not rightward), high[0] + room[0])
    axes.set_ylim(low[1] - room[1] - 2 * (bool(names) and rightward), high[1] + room[1])
    axes.set_aspect("equal")
    axes.set_axis_off()


def _name(axes: Axes, row: NDArray[np.float64], name: str, rightward: bool) -> None:
    low = row.min(0)
    at = (row[0, 0], low[1] - 0.6) if rightward else (-0.9, row[0, 1])
    axes.text(
        *(*at, name),
        ha="center" if rightward else "right",
        va="top" if rightward else "center",
        fontsize=STYLE["caption_pt"] + 1.5,
        color=STYLE["faint"],
        parse_math=False,
    )


def _between(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Line from the rim of one circle to the rim of the other."""
    inward = (high - low) / np.hypot(*(high - low)) * _RADIUS
    return np.array([low + inward, high - inward])
