"""Curves: half circles of any radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.stimuli.definition import Drawn, Stimulus
from vizkit.stimuli.parameter import contrast, length, orientation
from vizkit.stimuli.plane import Plane, filled

if TYPE_CHECKING:
    from torch import Tensor


def _curve(plane: Plane, values: Drawn) -> Tensor:
    seen = plane.turned(values["orientation"])
    radius = values["radius"] * plane.diameter
    # From the middle of the circle, which is straight above the middle of the curve.
    below = radius - seen.up
    on_circle = (seen.x.hypot(below) - radius).abs()
    to_end = (seen.x.abs() - radius).hypot(below)
    distance = on_circle.where(below >= 0, to_end)
    return filled(distance - values["width"] * plane.diameter / 2)


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
