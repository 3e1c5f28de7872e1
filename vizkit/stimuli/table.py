"""The stimuli by name, none of which is loaded before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.plugins import Paths, Registry
from vizkit.transforms.table import check_name

if TYPE_CHECKING:
    from vizkit.stimuli.definition import Stimulus

STIMULI: Registry[Stimulus] = Registry(
    "stimulus",
    "vizkit.stimuli",
    Paths(
        "vizkit.stimuli",
        {
            "grating": "gratings:GRATING",
            "bar": "lines:BAR",
            "edge": "lines:EDGE",
            "curve": "lines:CURVE",
            "corner": "lines:CORNER",
            "cross": "lines:CROSS",
            "high_low_frequency": "gratings:HIGH_LOW_FREQUENCY",
            "color_disc": "discs:COLOR_DISC",
            "center_surround": "discs:CENTER_SURROUND",
        },
    ),
)
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
    return STIMULI[name]


def signatures() -> tuple[str, ...]:
    """Each stimulus with its parameters: ``"edge.{orientation,contrast}"``."""
    return tuple(f"{name}.{{{','.join(STIMULI[name].parameters)}}}" for name in STIMULI)


def register(added: Stimulus) -> None:
    """Let a stimulus of your own be found by its name, in this process.

    An installed package does the same through an entry point of the group ``vizkit.stimuli``.

    Raises
    ------
    UsageError : the name is taken, or cannot be told from a list of names.
    """
    check_name(added.name)
    STIMULI.register(added.name, added)
