"""What the gallery does to images to see what units ignore; few values, for all units at once."""

from __future__ import annotations

from collections.abc import Iterable

PROBES = {
    "rotation": tuple(map(float, range(0, 360, 30))),
    "scale": (0.5, 2**-0.5, 1.0, 2**0.5, 2.0),
    "shift_x": (-1.0, -0.5, 0.0, 0.5, 1.0),
    "contrast": (0.25, 0.5, 0.75, 1.0, 1.5),
    "hue": tuple(map(float, range(0, 360, 60))),
}
"""Transforms with ascending values; of a shift, in eighths of the input's width. They are few: all
units of a network take one pass for each image and value."""

GRATING = "grating.orientation"


def probes(channels: int) -> dict[str, tuple[float, ...]]:
    """Those for a network with `channels` of its input; hue needs color."""
    return {name: PROBES[name] for name in PROBES if channels == 3 or name != "hue"}


def values_for(name: str, width: int) -> tuple[float, ...]:
    """Values of a transform for images of `width` pixels; shifts are whole pixels.

    Examples
    --------
    >>> values_for("shift_x", 224)
    (-28.0, -14.0, 0.0, 14.0, 28.0)
    """
    if name != "shift_x":
        return PROBES[name]
    return tuple(dict.fromkeys(float(round(value * width / 8)) for value in PROBES[name]))


def in_order(names: Iterable[str]) -> list[str]:
    """Names of transforms in the order of `PROBES`, others after them."""
    known = [*PROBES]
    return sorted(
        names, key=lambda name: (known.index(name) if name in known else len(known), name)
    )
