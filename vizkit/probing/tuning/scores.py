"""From a unit's responses to its tuning: the numbers, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vizkit.probing.grid import Grid, is_circle
from vizkit.probing.responses import UnitResponses
from vizkit.probing.tuning.shape import (
    SYMMETRIES,
    circular_variance,
    peak,
    selectivity,
    symmetry,
    width,
)
from vizkit.probing.tuning.unit_tuning import Status, UnitTuning
from vizkit.probing.uncertainty import (
    LEVEL,
    NOTHING,
    Estimate,
    interval,
    resampled_weights,
    shifted_means,
)

DRAWS = 500
"""Draws of images for intervals."""

CHANCE = 200
"""Curves of chance for floors."""

_ROUNDING = 1e-6
"""Change of a response, as a share of the largest, that is rounding."""


def measured(read: UnitResponses, *, random: bool, seed: int) -> UnitTuning:
    """Tuning of a unit over one parameter, or two.

    Parameters
    ----------
    read : the unit's responses; those to untransformed images may be of any number of images.
    random : True for a network that was never trained.
    seed : of the draws of images.
    """
    responses, grid = read.responses.double(), read.grid
    images = len(responses)
    periods = [
        transform.period if is_circle(values, transform.period) else None
        for transform, values in zip(grid.transforms, grid.values, strict=True)
    ]
    status = _status(responses, grid, periods)
    mean = responses.mean(0)
    draws = torch.full_like(responses[:1], math.nan)
    if status != "not finite":
        draws = resampled_weights(images, DRAWS, seed) / images @ responses
    low, high = interval(draws, images)
    peaked = status in ("ok", "edge", "negative")
    chance: Tensor | None = None
    if images > 1 and peaked:
        generator = torch.Generator().manual_seed(seed)
        chance = shifted_means(responses.view(images, *grid.shape), CHANCE, generator).flatten(1)

    def score(
        of: Callable[[Tensor], Tensor],
        *,
        floored: bool = True,
        downwards: bool = False,
        period: float | None = None,
    ) -> Estimate:
        if not peaked:
            return NOTHING
        value, floor = of(mean), math.nan
        ends = interval(of(draws), images, value, period)
        if chance is not None and floored:
            floor = float(of(chance).nanquantile(1 - LEVEL if downwards else LEVEL))
        return Estimate(float(value), float(ends[0]), float(ends[1]), floor)

    numbers: dict[str, Any] = {}
    if grid.joint:
        numbers["through_peak"] = tuple(
            measured(part, random=random, seed=seed) for part in _through_peak(read, mean)
        )
    else:
        places, (period,) = torch.tensor(grid.values[0], dtype=torch.float64), periods
        numbers = {
            "peak": score(
                lambda curves: peak(curves, places, period)[0], floored=False, period=period
            ),
            "width": score(lambda curves: width(curves, places, period), floored=False),
            "selectivity": score(selectivity),
        }
        if period is not None:
            numbers["circular_variance"] = score(circular_variance, downwards=True)
            numbers["symmetry"] = {
                order: score(partial(symmetry, order=order)) for order in SYMMETRIES
            }
    untransformed = read.untransformed.double()
    return UnitTuning(
        unit=read.unit,
        grid=grid,
        period=None if grid.joint else periods[0],
        response=mean.view(grid.shape),
        low=low.view(grid.shape),
        high=high.view(grid.shape),
        mean=float(untransformed.mean()),
        std=float(untransformed.std(correction=0)) if len(untransformed) > 1 else math.nan,
        height=score(lambda curves: curves.amax(-1)),
        images=images,
        status=status,
        random=random,
        resampling=read.floor,
        **numbers,
    )


def _through_peak(read: UnitResponses, mean: Tensor) -> list[UnitResponses]:
    """Responses over each of two parameters, at the other's value of the highest response."""
    grid = read.grid
    surfaces = read.responses.double().view(-1, *grid.shape)
    floor = torch.tensor(read.floor, dtype=torch.float64).view(grid.shape)
    top = [int(place) for place in torch.unravel_index(mean.argmax(), grid.shape)]
    return [
        replace(
            read,
            grid=Grid((grid.transforms[axis],), (grid.values[axis],)),
            responses=surfaces.select(2 - axis, top[1 - axis]),
            floor=tuple(floor.select(1 - axis, top[1 - axis]).tolist()),
        )
        for axis in (0, 1)
    ]


def _status(responses: Tensor, grid: Grid, periods: Sequence[float | None]) -> Status:
    """What is to be said of responses, images x points."""
    if not bool(responses.isfinite().all()):
        return "not finite"
    if not bool(responses.any()):
        return "silent"
    change = responses.amax(1) - responses.amin(1)
    if float(change.max()) <= _ROUNDING * float(responses.abs().max()):
        return "constant"
    mean = responses.mean(0)
    if float(mean.max()) <= 0:
        return "negative"
    top = torch.unravel_index(mean.argmax(), grid.shape)
    for place, count, period in zip(top, grid.shape, periods, strict=True):
        if int(place) in (0, count - 1) and period is None:
            return "edge"
    return "ok"
