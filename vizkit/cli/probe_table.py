"""Tuning curves and surfaces as a table to read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizkit.text import aligned

if TYPE_CHECKING:
    from vizkit.probing.tuning import TuningCurve, TuningSurface
    from vizkit.probing.uncertainty import Estimate

_HEAD = (
    *("ADDRESS", "SWEEP", "PEAK", "WIDTH", "HIGHEST", "FLOOR", "SIGMA", "SELECTIVITY"),
    *("CIRC.VAR", "FOLDS", "STATUS"),
)


def tuning_table(results: Sequence[TuningCurve | TuningSurface]) -> str:
    """Table with a line for each unit and sweep; columns that no line fills are left out."""
    rows = [_HEAD, *map(_row, results)]
    filled = [
        column
        for column, cells in enumerate(zip(*rows[1:], strict=True))
        if _HEAD[column] not in ("CIRC.VAR", "FOLDS", "SELECTIVITY") or set(cells) != {"-"}
    ]
    return aligned([[row[column] for column in filled] for row in rows])


def _row(each: TuningCurve | TuningSurface) -> tuple[str, ...]:
    from vizkit.probing.tuning import TuningSurface

    if isinstance(each, TuningSurface):
        through = each.through_peak
        peak, width = (
            " x ".join(_with_interval(getattr(curve, name)) for curve in through)
            for name in ("peak", "width")
        )
        numbers = ("-", "-", "-")
    else:
        peak, width = _with_interval(each.peak), _with_interval(each.width)
        folds = ",".join(map(str, each.symmetric_orders))
        round_ = each.period is not None and math.isfinite(each.peak.value)
        numbers = (
            _with_interval(each.selectivity),
            _with_interval(each.circular_variance),
            folds or ("none" if round_ and each.images > 1 else "-"),
        )
    return (
        each.address,
        each.sweep,
        peak,
        width,
        _with_interval(each.height),
        _number(each.height.floor),
        _number(float(each.sigma.max())),
        *numbers,
        each.status,
    )


def _with_interval(score: Estimate) -> str:
    text = _number(score.value)
    known = math.isfinite(score.low) and math.isfinite(score.high)
    return f"{text} [{_number(score.low)}, {_number(score.high)}]" if known else text


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
