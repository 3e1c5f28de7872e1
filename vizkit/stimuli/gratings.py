"""Gratings, and the boundary between a fine and a coarse one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vizkit.stimuli.definition import Drawn, Stimulus
from vizkit.stimuli.parameter import Parameter, contrast, frequency, orientation
from vizkit.stimuli.plane import Plane, filled

if TYPE_CHECKING:
    from torch import Tensor

_PHASES = tuple(map(float, range(0, 360, 30)))


def _grating(plane: Plane, values: Drawn) -> Tensor:
    cycles = values["frequency"] / plane.diameter
    seen = plane.turned(values["orientation"])
    return (2 * math.pi * cycles * seen.up - values["phase"].deg2rad()).cos()


def _high_low(plane: Plane, values: Drawn) -> Tensor:
    high = values["frequency"] / plane.diameter
    seen = plane.turned(values["orientation"])
    return _plaid(seen, high / values["ratio"]).lerp(_plaid(seen, high), filled(-seen.up))


def _plaid(plane: Plane, cycles: Tensor) -> Tensor:
    """Two crossed gratings, along the boundary and across it, so that none is an edge by itself."""
    angle = 2 * math.pi * cycles
    return 0.5 * ((angle * plane.x).cos() + (angle * plane.up).sin())


GRATING = Stimulus(
    "grating",
    {
        "frequency": frequency(4.0),
        "orientation": orientation(180.0),
        "phase": Parameter(0.0, "degrees", _PHASES, period=360.0),
        "contrast": contrast(),
    },
    _grating,
)
"""Parallel waves along the orientation, white in the middle at phase 0; the phase moves them to
the side that is up at orientation 0."""

HIGH_LOW_FREQUENCY = Stimulus(
    "high_low_frequency",
    {
        "frequency": frequency(8.0),
        "ratio": Parameter(3.0, "times", (1.0, 2.0, 3.0, 4.0, 6.0, 8.0), (1.0, 100.0)),
        "orientation": orientation(360.0),
        "contrast": contrast(),
    },
    _high_low,
)
"""Fine plaid above, coarse plaid below a boundary along the orientation."""
