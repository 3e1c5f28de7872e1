"""Where in its field a unit looks: a density over pixels, in the frame of its center."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from vizkit.receptive_fields.effective.gaussian import GaussianFit, fit_gaussian
from vizkit.receptive_fields.unit_field import Box
from vizkit.result import plain
from vizkit.text import aligned, percent

PEAK_SHARE = 1 - 0.9545
"""Pixels above this share of the peak count as effective: two standard deviations of a Gaussian
(Luo et al., "Understanding the effective receptive field", 2016)."""


@dataclass(frozen=True, eq=False)
class Density:
    """How a unit's sensitivity is spread over the pixels that it sees.

    Attributes
    ----------
    map : H x W, float64, sums to 1. Only pixels of the input are in it, so a field that reaches
        beyond the input is cut off.
    center : (y, x) of the field's own center in pixels of `map`. Halves where the field's size is
        even; outside of the map where the border cuts off more than half of the field.
    field : (height, width) of the whole theoretical field in pixels.
    visible : share of the theoretical field that lies within the input; the mean of several units.
    """

    map: Tensor
    center: tuple[float, float]
    field: tuple[int, int]
    visible: float

    @property
    def size(self) -> float:
        """Side of the square with as many pixels as lie above 4.55 % of the peak."""
        return math.sqrt(float((self.map > PEAK_SHARE * self.map.max()).sum()))

    @property
    def ratio(self) -> float:
        """`size` by the side of a square as large as the theoretical field."""
        return self.size / math.sqrt(self.field[0] * self.field[1])

    @property
    def centroid(self) -> tuple[float, float]:
        """(y, x) of the center of mass, in pixels of `map`."""
        return _moments(self.map.sum(1))[0], _moments(self.map.sum(0))[0]

    @property
    def shift(self) -> tuple[float, float]:
        """(y, x) from the field's center to the center of mass, in pixels; the border's doing."""
        y, x = self.centroid
        return y - self.center[0], x - self.center[1]

    @property
    def sigma(self) -> tuple[float, float]:
        """Standard deviations (y, x) of what is seen, in pixels; `fit` tells of the whole."""
        return _moments(self.map.sum(1))[1] ** 0.5, _moments(self.map.sum(0))[1] ** 0.5

    @cached_property
    def fit(self) -> GaussianFit:
        """Gaussian fitted to what is seen."""
        return fit_gaussian(self.map)

    def measures(self) -> dict[str, Any]:
        """All of them in plain numbers; lengths in pixels, None for what is not finite."""
        measures: dict[str, Any] = plain(
            {name: getattr(self, name) for name in ("field", "visible", "size", "ratio")}
            | {"mass_50": self.mass(0.5), "mass_95": self.mass(0.95)}
            | {"sigma": self.sigma, "shift": self.shift}
            | {f"gaussian_{name}": getattr(self.fit, name) for name in ("sigma", "r2", "outside")}
        )
        return measures

    def table(self) -> str:
        """The same in words."""
        pair = "{:.1f} x {:.1f} px".format
        return aligned(
            [
                ("theoretical field", f"{self.field[0]} x {self.field[1]} px"),
                ("in the image", percent(self.visible)),
                ("above 4.55 % of the peak", f"{self.size:.1f} px, {percent(self.ratio)}"),
                ("half, 95 % of the mass", f"{self.mass(0.5):.0f} px, {self.mass(0.95):.0f} px"),
                ("sigma", pair(*self.sigma)),
                ("sigma of a Gaussian", f"{pair(*self.fit.sigma)}, R2 {self.fit.r2:.2f}"),
                ("off its center", pair(*self.shift)),
            ]
        )

    def mass(self, share: float) -> float:
        """Side in pixels of the smallest square around the field's center with `share` of the mass.

        Examples
        --------
        >>> Density(torch.full((5, 5), 1 / 25), (2.0, 2.0), (5, 5), 1.0).mass(0.3)
        3.0
        """
        rows = (torch.arange(self.map.shape[0], dtype=torch.float64) - self.center[0]).abs()
        columns = (torch.arange(self.map.shape[1], dtype=torch.float64) - self.center[1]).abs()
        reach, order = torch.maximum(rows[:, None], columns[None, :]).flatten().sort()
        held = self.map.flatten()[order].cumsum(0)
        enough = int(torch.searchsorted(held, torch.tensor(share - 1e-12, dtype=torch.float64)))
        return 2 * float(reach[min(enough, len(reach) - 1)]) + 1


def _moments(line: Tensor) -> tuple[float, float]:
    """Mean and variance of a density on a line."""
    place = torch.arange(len(line), dtype=torch.float64)
    mean = float(place @ line)
    return mean, float((place - mean) ** 2 @ line)


def mean_density(maps: Sequence[Tensor], boxes: Sequence[Box]) -> Density:
    """Mean of the maps of several units, laid over each other at the centers of their fields.

    A pixel of the frame is averaged over the units that see it: one unit's field may be cut off
    by the border where another's is not.

    Parameters
    ----------
    maps : H x W over the whole input, one per unit, each normalized by the caller.
    boxes : the units' fields, not clipped to the input.
    """
    centers = [((y0 + y1) / 2, (x0 + x1) / 2) for y0, x0, y1, x1 in boxes]
    anchors = [(math.floor(y), math.floor(x)) for y, x in centers]
    windows = []
    for weights, (y0, x0, y1, x1) in zip(maps, boxes, strict=True):
        height, width = weights.shape
        windows.append((max(y0, 0), max(x0, 0), min(y1, height - 1) + 1, min(x1, width - 1) + 1))
    spans = [
        (top - ay, left - ax, bottom - ay, right - ax)
        for (top, left, bottom, right), (ay, ax) in zip(windows, anchors, strict=True)
    ]
    first_y, first_x = min(span[0] for span in spans), min(span[1] for span in spans)
    shape = max(span[2] for span in spans) - first_y, max(span[3] for span in spans) - first_x
    total = torch.zeros(shape, dtype=torch.float64)
    units = torch.zeros(shape, dtype=torch.float64)
    for weights, (top, left, bottom, right), span in zip(maps, windows, spans, strict=True):
        rows = slice(span[0] - first_y, span[2] - first_y)
        columns = slice(span[1] - first_x, span[3] - first_x)
        total[rows, columns] += weights[top:bottom, left:right].double().cpu()
        units[rows, columns] += 1
    mean = total / units.clamp(min=1)
    number = len(maps)
    center = (
        sum(c - a for (c, _), (a, _) in zip(centers, anchors, strict=True)) / number - first_y,
        sum(c - a for (_, c), (_, a) in zip(centers, anchors, strict=True)) / number - first_x,
    )
    field = max(y1 - y0 + 1 for y0, _, y1, _ in boxes), max(x1 - x0 + 1 for _, x0, _, x1 in boxes)
    visible = sum(map(_visible, windows, boxes)) / number
    return Density(mean / mean.sum(), center, field, visible)


def _visible(window: Box, box: Box) -> float:
    """Share of a field that lies in the window, whose ends are exclusive."""
    top, left, bottom, right = window
    y0, x0, y1, x1 = box
    return (bottom - top) * (right - left) / ((y1 - y0 + 1) * (x1 - x0 + 1))
