"""The values that a report looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vizkit.errors import UsageError
from vizkit.probing.grid import Grid, grid

_LARGE = 112
"""Shorter side in pixels from which on an image bears shifts by 16."""
_SHIFTS = (1, 2, 3, 4, 6, 8, 12, 16)
_FEW = 10
"""Fewer values than this are all looked at in random weights, too."""


@dataclass(frozen=True)
class ReportGrid:
    """Values of one transform.

    Attributes
    ----------
    full : all values.
    compared : those that random weights are shown as well, the identity among them. What one
        number says of a layer is taken over these, in both networks.
    """

    full: Grid
    compared: Grid


def report_grids(
    shape: tuple[int, int, int],
    asked: Mapping[str, Sequence[float] | None] | Sequence[str] | None = None,
) -> tuple[ReportGrid, ...]:
    """Values of transforms for images of `shape` (C, H, W).

    Parameters
    ----------
    asked : names of transforms, or a mapping from them to values (None for the usual ones); by
        default 24 rotations, 9 scales, 17 shifts, and a few values of brightness, contrast and,
        for RGB images, hue, and both reflections.

    Raises
    ------
    NotFoundError : no such transform.
    UsageError : values that the images cannot bear, or none at all.

    Examples
    --------
    >>> [len(each.full.points) for each in report_grids((3, 224, 224))]
    [24, 9, 17, 2, 2, 5, 5, 6]
    """
    usual = _usual(shape)
    if asked is None:
        asked = usual
    named = asked if isinstance(asked, Mapping) else dict.fromkeys(asked)
    if not named:
        raise UsageError("no transform was asked for.\n  Name one: 'rotation'.")
    return tuple(_grid(name, given or usual.get(name), shape) for name, given in named.items())


def _usual(shape: tuple[int, int, int]) -> dict[str, Sequence[float]]:
    shifts = _SHIFTS if min(shape[1:]) >= _LARGE else range(1, 9)
    usual: dict[str, Sequence[float]] = {
        "rotation": tuple(range(0, 360, 15)),
        "scale": tuple(2 ** (step / 4) for step in range(-4, 5)),
        "shift_x": (*(-each for each in reversed(shifts)), 0, *shifts),
        "reflection_x": (0, 1),
        "reflection_y": (0, 1),
        "brightness": (-0.2, -0.1, 0, 0.1, 0.2),
        "contrast": (0.25, 0.5, 1, 1.5, 2),
    }
    return {**usual, "hue": tuple(range(0, 360, 60))} if shape[0] == 3 else usual


def _grid(name: str, values: Sequence[float] | None, shape: tuple[int, int, int]) -> ReportGrid:
    swept = grid(name, values)
    swept.check(shape)
    identity, ascending = swept.transforms[0].identity, swept.values[0]
    if identity in ascending and len(ascending) >= _FEW:
        # Every other one, counted from the identity to both sides.
        own = ascending.index(identity)
        compared = tuple(v for i, v in enumerate(ascending) if (i - own) % 2 == 0)
    else:
        compared = tuple(sorted({identity, *ascending}))
    if len(compared) < 2:
        raise UsageError(f"{name} has no value but the one that changes nothing.\n  Give others.")
    return ReportGrid(swept, Grid(swept.transforms, (compared,)))
