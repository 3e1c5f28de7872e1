"""Looks of a stimulus: the images of it over which a response is averaged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from vizkit.stimuli.definition import Stimulus

_PHASES = 12
_FEW_PHASES = 4
_STEP = 1 / 16
"""From the middle to the other places, as a share of the diameter."""


@dataclass(frozen=True)
class Look:
    """One way to show a stimulus.

    Attributes
    ----------
    shift : (dy, dx) of its middle in pixels, down and right.
    fixed : parameters that it has.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    fixed: Mapping[str, float] = field(default_factory=dict)


def looks(stimulus: Stimulus, swept: Collection[str], diameter: float) -> tuple[Look, ...]:
    """Looks of a stimulus of which the parameters `swept` are varied.

    A grating has twelve phases: a unit with a bright and a dark side answers nothing to some of
    them. Answers below zero cancel those above it, so that a unit without a ReLU shows its
    orientation to edges or bars rather than to gratings. Everything else is shown at five places,
    in the middle and a sixteenth of the diameter from it, as no unit looks at exactly one point.
    With two parameters at once, which take many more images, there are four phases or one place.
    Gratings whose phase is swept have one look.

    Examples
    --------
    >>> from vizkit.stimuli import stimulus
    >>> [len(looks(stimulus(name), ["orientation"], 32.0)) for name in ("grating", "edge")]
    [12, 5]
    >>> looks(stimulus("edge"), ["orientation"], 32.0)[1].shift
    (-2.0, 0.0)
    """
    if "phase" in swept:
        return (Look(),)
    if "phase" in stimulus.parameters:
        count = _PHASES if len(swept) == 1 else _FEW_PHASES
        return tuple(Look(fixed={"phase": 360.0 * step / count}) for step in range(count))
    if len(swept) > 1:
        return (Look(),)
    step = _STEP * diameter
    around = ((0.0, 0.0), (-step, 0.0), (0.0, -step), (0.0, step), (step, 0.0))
    return tuple(map(Look, around))
