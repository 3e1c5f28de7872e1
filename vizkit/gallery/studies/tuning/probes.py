"""What the gallery does to images to see what units ignore; few values, for all units at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """A transform and the values to try.

    Attributes
    ----------
    family : name of the transform.
    values : ascending; of a shift, in eighths of the input's width.
    colored : True if it needs color.
    """

    family: str
    values: tuple[float, ...]
    colored: bool = False

    def values_for(self, width: int) -> tuple[float, ...]:
        """Values for images of `width` pixels; shifts are whole pixels.

        Examples
        --------
        >>> PROBES[2].values_for(224)
        (-28.0, -14.0, 0.0, 14.0, 28.0)
        """
        if self.family != "shift_x":
            return self.values
        return tuple(dict.fromkeys(float(round(value * width / 8)) for value in self.values))


PROBES = (
    Probe("rotation", tuple(map(float, range(0, 360, 30)))),
    Probe("scale", (0.5, 2**-0.5, 1.0, 2**0.5, 2.0)),
    Probe("shift_x", (-1.0, -0.5, 0.0, 0.5, 1.0)),
    Probe("contrast", (0.25, 0.5, 0.75, 1.0, 1.5)),
    Probe("hue", tuple(map(float, range(0, 360, 60))), colored=True),
)
"""Few values of each: all units of a network take one pass for each image and value."""

GRATING = "grating.orientation"


def in_order(names: Iterable[str]) -> list[str]:
    """Names of transforms in the order of `PROBES`, others after them."""
    known = [probe.family for probe in PROBES]
    return sorted(
        names, key=lambda name: (known.index(name) if name in known else len(known), name)
    )


def probes(channels: int) -> tuple[Probe, ...]:
    """Those for a network with `channels` of its input."""
    return tuple(probe for probe in PROBES if channels == 3 or not probe.colored)
