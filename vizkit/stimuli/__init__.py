"""Stimuli: patterns with parameters, drawn to fit a unit's receptive field."""

from vizkit.errors import NotFoundError, nearest
from vizkit.stimuli.curves import CURVE
from vizkit.stimuli.discs import CENTER_SURROUND, COLOR_DISC
from vizkit.stimuli.gratings import GRATING, HIGH_LOW_FREQUENCY
from vizkit.stimuli.lines import BAR, CORNER, CROSS, EDGE
from vizkit.stimuli.parameter import Parameter as Parameter
from vizkit.stimuli.stimulus import Stimulus as Stimulus
from vizkit.stimuli.stimulus import field_disc as field_disc
from vizkit.stimuli.varied import varied as varied

__all__ = ["STIMULI", "Parameter", "Stimulus", "field_disc", "stimulus", "varied"]

STIMULI: dict[str, Stimulus] = {
    each.name: each
    for each in (
        GRATING,
        BAR,
        EDGE,
        CURVE,
        CORNER,
        CROSS,
        HIGH_LOW_FREQUENCY,
        COLOR_DISC,
        CENTER_SURROUND,
    )
}
"""All stimuli by name."""


def stimulus(name: str) -> Stimulus:
    """The stimulus called `name`.

    Raises
    ------
    NotFoundError : there is none.

    Examples
    --------
    >>> stimulus("grating").draw((9, 9), orientation=[0, 45, 90]).shape
    torch.Size([3, 3, 9, 9])
    """
    if name not in STIMULI:
        raise NotFoundError(
            f"{name!r} is not a stimulus. {nearest(name, STIMULI)}\n"
            f"  There are: {', '.join(STIMULI)}."
        )
    return STIMULI[name]
