"""What can be varied, by name: a transform, a parameter of a stimulus, or two of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vizkit.errors import NotFoundError, UsageError, nearest
from vizkit.probing.grid import JOINTLY, Grid, Sweep, grid
from vizkit.stimuli import STIMULI, Stimulus, varied
from vizkit.stimuli.looks import Look, looks
from vizkit.stimuli.table import signatures
from vizkit.transforms import TRANSFORMS, Transform

Disc = tuple[tuple[float, float], float]
"""Center (y, x) and diameter in pixels."""


@dataclass(frozen=True)
class OfStimulus:
    """A parameter of a stimulus, not yet drawn at any place."""

    stimulus: Stimulus
    parameter: str


@dataclass(frozen=True)
class StimulusSweep:
    """A sweep whose stimulus is drawn where a unit looks.

    Attributes
    ----------
    name : e.g. ``"curve.orientation*curve.radius"``.
    parts : what is varied.
    values : of each part, ascending; None for its own.
    """

    name: str
    parts: tuple[OfStimulus | Transform, ...]
    values: Sequence[float] | Sequence[Sequence[float]] | None

    @property
    def joint(self) -> bool:
        """Whether two parameters are varied at once."""
        return len(self.parts) == 2

    @property
    def period(self) -> float | None:
        """Of the first part, None where it does not begin anew."""
        first = self.parts[0]
        if isinstance(first, OfStimulus):
            return first.stimulus.parameters[first.parameter].period
        return first.period

    def looks(self, diameter: float) -> tuple[Look, ...]:
        """Images of the stimulus at each value, see `vizkit.stimuli.looks`."""
        drawn = [part for part in self.parts if isinstance(part, OfStimulus)]
        swept = [part.parameter for part in drawn]
        if len(self.parts) > len(drawn):
            swept.append("transform")
        return looks(drawn[0].stimulus, swept, diameter)

    def on(self, disc: Disc) -> Grid:
        """Grid whose stimulus fills `disc`, in the first image as the first of `looks`, and so on.

        Raises
        ------
        UsageError : the disc is too small for the stimulus.
        """
        center, diameter = disc
        transforms = [
            replace(
                varied(part.stimulus, part.parameter, center=center, diameter=diameter),
                looks=self.looks(diameter),
            )
            if isinstance(part, OfStimulus)
            else part
            for part in self.parts
        ]
        for varied_by in transforms:
            if self.values is None and len(varied_by.values) < 2:
                raise UsageError(
                    f"a receptive field of {diameter:g} pixels is too small to show two values of "
                    f"{varied_by.name}.\n  Name a deeper layer."
                )
        return grid(tuple(transforms), self.values)


def sweep_names() -> tuple[str, ...]:
    """Names of everything that can be varied, transforms first."""
    stimuli = (f"{kind}.{name}" for kind in STIMULI for name in STIMULI[kind].parameters)
    return (*TRANSFORMS, *stimuli)


def find_sweep(
    sweep: Sweep, values: Sequence[float] | Sequence[Sequence[float]] | None = None
) -> Grid | StimulusSweep:
    """What `sweep` names.

    Parameters
    ----------
    sweep : a name (``"rotation"``, ``"grating.orientation"``), two joined by ``*``, a
        `Transform`, or two of these.
    values : as for `grid`.

    Raises
    ------
    NotFoundError : there is nothing of this name.
    UsageError : more than two, or two that cannot be seen at once.

    Examples
    --------
    >>> find_sweep("rotation*scale").shape
    (24, 9)
    >>> find_sweep("edge.orientation").on(((16.0, 16.0), 20.0)).name
    'edge.orientation'
    """
    named = [sweep] if isinstance(sweep, str | Transform) else list(sweep)
    parts: list[OfStimulus | Transform] = []
    for name_or_transform in named:
        if isinstance(name_or_transform, Transform):
            parts.append(name_or_transform)
        else:
            parts += map(_named, name_or_transform.split(JOINTLY))
    if len(parts) > 2:
        raise UsageError(f"sweep={sweep!r} has {len(parts)} parts.\n  Give one, or two at once.")
    drawn = [part for part in parts if isinstance(part, OfStimulus)]
    if not drawn:
        return grid(tuple(part for part in parts if isinstance(part, Transform)), values)
    name = JOINTLY.join(
        f"{part.stimulus.name}.{part.parameter}" if isinstance(part, OfStimulus) else part.name
        for part in parts
    )
    if not isinstance(parts[0], OfStimulus):
        raise UsageError(
            f"{name!r} draws a stimulus over the transformed image.\n"
            f"  Name the stimulus first: {JOINTLY.join(reversed(name.split(JOINTLY)))!r}."
        )
    if len(drawn) == 2 and (drawn[0].stimulus is not drawn[1].stimulus or drawn[0] == drawn[1]):
        raise UsageError(
            f"{name!r} cannot be drawn at once.\n  Name two different parameters of one stimulus."
        )
    return StimulusSweep(name, tuple(parts), values)


def _named(text: str) -> OfStimulus | Transform:
    name = text.strip()
    if name in TRANSFORMS:
        return TRANSFORMS[name]
    kind, dot, parameter = name.partition(".")
    if kind in STIMULI and parameter in STIMULI[kind].parameters:
        return OfStimulus(STIMULI[kind], parameter)
    if kind in STIMULI:
        names = [f"{kind}.{each}" for each in STIMULI[kind].parameters]
        wrong = f"{parameter!r} is not a parameter of {kind}. {nearest(name, names)}".rstrip()
        what = wrong if dot else f"{kind!r} is a stimulus: say what to vary of it."
        raise NotFoundError(f"{what}\n  There are: {', '.join(names)}.")
    raise NotFoundError(
        f"{name!r} is neither a transform nor a parameter of a stimulus. "
        f"{nearest(name, sweep_names())}".rstrip()
        + f"\n  Transforms: {', '.join(TRANSFORMS)}.\n  Stimuli: "
        + "; ".join(signatures())
        + "."
    )
