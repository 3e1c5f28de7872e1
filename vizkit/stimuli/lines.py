"""Bars, edges, corners and crosses."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.stimuli.parameter import Parameter, contrast, length, orientation
from vizkit.stimuli.plane import Plane, filled
from vizkit.stimuli.stimulus import Drawn, Stimulus


def _edge(plane: Plane, values: Drawn) -> Tensor:
    return 2 * filled(-plane.turned(values["orientation"]).up) - 1


def _bar(plane: Plane, values: Drawn) -> Tensor:
    seen = plane.turned(values["orientation"])
    across = seen.up.abs() - values["width"] * plane.diameter / 2
    along = seen.x.abs() - values["length"] * plane.diameter / 2
    return filled(across) * filled(along)


def _corner(plane: Plane, values: Drawn) -> Tensor:
    half = values["angle"] / 2
    arms = (_ray(plane, values["orientation"] + turn, values["width"]) for turn in (half, -half))
    return filled(torch.minimum(*arms))


def _cross(plane: Plane, values: Drawn) -> Tensor:
    half = values["angle"] / 2
    bars = (plane.turned(values["orientation"] + turn).up.abs() for turn in (half, -half))
    return filled(torch.minimum(*bars) - values["width"] * plane.diameter / 2)


def _ray(plane: Plane, orientation: Tensor, width: Tensor) -> Tensor:
    """Signed distance to a line with a round end that leaves the middle."""
    seen = plane.turned(orientation)
    return torch.hypot(seen.x.clamp(max=0), seen.up) - width * plane.diameter / 2


def _angle() -> Parameter:
    return Parameter(90.0, "degrees", (30.0, 45.0, 60.0, 75.0, 90.0, 120.0, 150.0), (0.0, 180.0))


EDGE = Stimulus("edge", {"orientation": orientation(360.0), "contrast": contrast()}, _edge)
"""White above, black below a line along the orientation."""

BAR = Stimulus(
    "bar",
    {
        "orientation": orientation(180.0),
        "width": length(0.125),
        "length": length(1.0, most=2.0),
        "contrast": contrast(),
    },
    _bar,
)
"""A white bar along the orientation."""

CORNER = Stimulus(
    "corner",
    {
        "orientation": orientation(360.0),
        "angle": _angle(),
        "width": length(0.125),
        "contrast": contrast(),
    },
    _corner,
)
"""Two white lines that leave the middle; the orientation is that of the line halfway between."""

CROSS = Stimulus(
    "cross",
    {
        "orientation": orientation(180.0),
        "angle": _angle(),
        "width": length(0.125),
        "contrast": contrast(),
    },
    _cross,
)
"""Two white lines through the middle, half the angle to either side of the orientation."""
