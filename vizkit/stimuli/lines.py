"""Bars, edges, corners and crosses, and curves: half circles of any radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.stimuli.definition import Drawn, Stimulus
from vizkit.stimuli.parameter import Parameter, contrast, length, orientation
from vizkit.stimuli.plane import Plane, filled

if TYPE_CHECKING:
    from torch import Tensor


def _edge(plane: Plane, values: Drawn) -> Tensor:
    return 2 * filled(-plane.turned(values["orientation"]).up) - 1


def _bar(plane: Plane, values: Drawn) -> Tensor:
    seen = plane.turned(values["orientation"])
    across = seen.up.abs() - values["width"] * plane.diameter / 2
    along = seen.x.abs() - values["length"] * plane.diameter / 2
    return filled(across) * filled(along)


def _corner(plane: Plane, values: Drawn) -> Tensor:
    half = values["angle"] / 2
    orientation, width = values["orientation"], values["width"]
    first, second = (_ray(plane, orientation + turn, width) for turn in (half, -half))
    return filled(first.minimum(second))


def _cross(plane: Plane, values: Drawn) -> Tensor:
    half = values["angle"] / 2
    orientation = values["orientation"]
    first, second = (plane.turned(orientation + turn).up.abs() for turn in (half, -half))
    return filled(first.minimum(second) - values["width"] * plane.diameter / 2)


def _curve(plane: Plane, values: Drawn) -> Tensor:
    seen = plane.turned(values["orientation"])
    radius = values["radius"] * plane.diameter
    # From the middle of the circle, which is straight above the middle of the curve.
    below = radius - seen.up
    on_circle = (seen.x.hypot(below) - radius).abs()
    to_end = (seen.x.abs() - radius).hypot(below)
    distance = on_circle.where(below >= 0, to_end)
    return filled(distance - values["width"] * plane.diameter / 2)


def _ray(plane: Plane, orientation: Tensor, width: Tensor) -> Tensor:
    """Signed distance to a line with a round end that leaves the middle."""
    seen = plane.turned(orientation)
    return seen.x.clamp(max=0).hypot(seen.up) - width * plane.diameter / 2


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

CURVE = Stimulus(
    "curve",
    {
        "orientation": orientation(360.0),
        "radius": length(0.4, most=100.0),
        "width": length(0.1),
        "contrast": contrast(),
    },
    _curve,
)
"""The lower half of a white circle; its lowest point is in the middle, where it runs along the
orientation."""
