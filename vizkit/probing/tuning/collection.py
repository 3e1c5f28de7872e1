"""The tuning of many units over one sweep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vizkit.errors import UnitNotFoundError, nearest
from vizkit.probing.tuning.unit_tuning import UnitTuning
from vizkit.probing.uncertainty import Estimate
from vizkit.result import Result
from vizkit.text import aligned, random_badge

_HEAD = (
    *("ADDRESS", "SWEEP", "PEAK", "WIDTH", "HIGHEST", "FLOOR", "SIGMA", "SELECTIVITY"),
    *("CIRC.VAR", "FOLDS", "STATUS"),
)
_OPTIONAL = (_HEAD.index("SELECTIVITY"), _HEAD.index("CIRC.VAR"), _HEAD.index("FOLDS"))

_LEGEND = """\
peak: value with the highest mean response; width: of the peak at half its height; highest: the
response there; floor: what one in twenty curves of chance reaches; sigma: highest in standard
deviations above the mean over the images as they are; - for none.
In brackets: the same number in 95 of 100 draws of images. A draw has a maximum of its own, so that
of a flat curve highest and selectivity lie below theirs."""


@dataclass(frozen=True, eq=False)
class Tuning(Result):
    """Tuning of units of one network over one sweep, in the order asked.

    Iterating gives a `UnitTuning` for each unit; an index is a number or an address.

    Attributes
    ----------
    network : name with weights tag.
    random : True when its weights were never trained.
    sweep : name of what was varied.
    units : one for each unit.
    images : number of images.
    passes : number of forward passes that all units took together.
    offsets : by layer, (dy, dx) in pixels from the middle of the image to the middle of what its
        central unit sees; None where that has no middle.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    plot = "tuning_figure"

    network: str
    random: bool
    sweep: str
    units: tuple[UnitTuning, ...]
    images: int
    passes: int
    offsets: dict[str, tuple[float, float] | None]
    skipped: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.units)

    def __iter__(self) -> Iterator[UnitTuning]:
        return iter(self.units)

    def __getitem__(self, unit: int | str) -> UnitTuning:
        if isinstance(unit, int):
            return self.units[unit]
        by_address = {tuning.unit.address: tuning for tuning in self.units}
        full = unit if unit in by_address else f"{self.network}/{unit}"
        if full not in by_address:
            raise UnitNotFoundError(
                f"there is no curve of {unit!r}. {nearest(full, by_address)}".rstrip()
            )
        return by_address[full]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        units = f"{len(self)} unit{'' if len(self) == 1 else 's'}"
        images = f"{self.images} image{'' if self.images == 1 else 's'}"
        return f"<Tuning of {units} over {self.sweep}, {images}{badge}>"

    def __str__(self) -> str:
        return f"{tuning_table(self.units)}\n{_LEGEND}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data; ``units`` is what ``vizkit probe --json`` prints."""
        return {
            "network": self.network,
            "random": self.random,
            "sweep": self.sweep,
            "images": self.images,
            "passes": self.passes,
            "skipped": [list(file) for file in self.skipped],
            "units": [unit.as_dict() for unit in self.units],
        }


def tuning_table(units: Sequence[UnitTuning]) -> str:
    """Table with a line for each unit and sweep; columns that no line fills are left out.

    Below it, a line for each network that was never trained.
    """
    rows = [_row(unit) for unit in units]
    empty = [column for column in _OPTIONAL if {row[column] for row in rows} == {"-"}]
    table = aligned(
        [[cell for column, cell in enumerate(row) if column not in empty] for row in (_HEAD, *rows)]
    )
    untrained = dict.fromkeys(unit.unit.source for unit in units if unit.random)
    return "\n".join([table, *map(random_badge, untrained)])


def _row(tuning: UnitTuning) -> tuple[str, ...]:
    numbers = ("-", "-", "-")
    if not tuning.grid.joint:
        folds = ",".join(map(str, tuning.symmetric_orders))
        circle = tuning.period is not None and math.isfinite(tuning.peak.value)
        numbers = (
            str(tuning.selectivity),
            str(tuning.circular_variance),
            folds or ("none" if circle and tuning.images > 1 else "-"),
        )
    return (
        tuning.unit.address,
        tuning.sweep,
        " x ".join(_with_unit(curve.peak, curve) for curve in tuning.curves),
        " x ".join(_with_unit(curve.width, curve) for curve in tuning.curves),
        str(tuning.height),
        str(Estimate(tuning.height.floor)),
        str(Estimate(float(tuning.sigma.max()))),
        *numbers,
        tuning.status,
    )


def _with_unit(score: Estimate, curve: UnitTuning) -> str:
    return f"{score} {curve.parameter_unit}".rstrip() if math.isfinite(score.value) else "-"
