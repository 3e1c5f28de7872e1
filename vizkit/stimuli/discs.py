"""Discs: one color on its opposite, and bright on dark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vizkit.stimuli.definition import Drawn, Stimulus
from vizkit.stimuli.parameter import Parameter, contrast, length
from vizkit.stimuli.plane import Plane, filled

if TYPE_CHECKING:
    from torch import Tensor

_HUES = tuple(map(float, range(0, 360, 30)))


def _center_surround(plane: Plane, values: Drawn) -> Tensor:
    radius = values["radius"] * plane.diameter
    # Ring and disc are equally large, so that the whole is as bright as gray.
    disc, whole = (filled(plane.distance - radius * factor) for factor in (1, math.sqrt(2)))
    return 2 * disc - whole


def _color_disc(plane: Plane, values: Drawn) -> Tensor:
    disc = 2 * filled(plane.distance - values["radius"] * plane.diameter) - 1
    # Three waves a third of a turn apart add up to 0: hues are equally bright on average.
    own = values["hue"].new_tensor([0.0, 120.0, 240.0]).view(1, 3, 1, 1)
    return disc[:, None] * (values["hue"][:, None] - own).deg2rad().cos()


CENTER_SURROUND = Stimulus(
    "center_surround",
    {"radius": length(0.2, most=0.35), "contrast": contrast()},
    _center_surround,
)
"""A white disc in a black ring of the same area."""

COLOR_DISC = Stimulus(
    "color_disc",
    {
        "hue": Parameter(0.0, "degrees", _HUES, period=360.0),
        "radius": length(0.25, most=0.5),
        "contrast": contrast(),
    },
    _color_disc,
    colored=True,
)
"""A disc of one hue on its opposite: red at 0, green at 120, blue at 240."""
