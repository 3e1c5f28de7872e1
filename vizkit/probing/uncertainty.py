"""How sure a number over images is: other draws of images, and curves without common tuning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import torch
from torch import Tensor

from vizkit.result import plain_dict

LEVEL = 0.95
"""Share of repetitions whose interval holds the truth, and of chance that a floor is above."""

DRAWS = 200
"""Draws of images for the interval of a score."""

_HELD = 1 << 22
"""Numbers of moved curves that are held at a time."""


class Estimate(NamedTuple):
    """A number with the interval that holds it in 95 of 100 draws of images, and its floor.

    The floor is what one in twenty things of chance pass: a number that does not pass it is no
    evidence. Of a number that is a maximum the draws are higher than the number, and the interval
    may lie above it: see `UnitTuning.height`. `low` and `high` are NaN for a single image, and
    each is NaN where it does not exist.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    floor: float = math.nan

    def __str__(self) -> str:
        return format(self)

    def __format__(self, form: str) -> str:
        """Number and interval, each in this format: ``"0.52 [0.41, 0.6]"``; a dash for nothing."""
        form = form or ".3g"
        value, low, high = (format(n, form) if math.isfinite(n) else "-" for n in self[:3])
        return value if "-" in (low, high) else f"{value} [{low}, {high}]"

    def as_dict(self) -> dict[str, float | None]:
        """Plain data; None for what does not exist."""
        return plain_dict(self._asdict())


NOTHING = Estimate(math.nan)
"""Of what does not exist."""


def resampled_weights(count: int, draws: int = DRAWS, seed: int = 0) -> Tensor:
    """How often each of `count` images occurs in each of `draws` resamples, draws x count, float64.

    Examples
    --------
    >>> resampled_weights(4, draws=2).sum(1)
    tensor([4., 4.], dtype=torch.float64)
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(count, (draws, count), generator=generator)
    weights = torch.zeros(draws, count, dtype=torch.float64)
    return weights.scatter_add_(1, chosen, torch.ones_like(weights))


def tail(images: int) -> float:
    """Share of bootstrap draws to cut off at either end, for an interval of `LEVEL`.

    Resampled means spread less than means do, by sqrt(1 - 1 / n), and a normal tail is shorter
    than Student's. Widened by both, the percentile interval holds what it promises from about five
    images on (Hesterberg, The American Statistician 69, 2015).

    Examples
    --------
    >>> round(tail(10), 4), round(tail(10_000), 4)
    (0.0086, 0.025)
    """
    normal = NormalDist()
    student = _student(images - 1)
    return normal.cdf(-student * (images / (images - 1)) ** 0.5)


def interval(
    draws: Tensor, images: int, around: Tensor | None = None, period: float | None = None
) -> tuple[Tensor, Tensor]:
    """Ends of the interval of `LEVEL`, from bootstrap draws along the first axis.

    Parameters
    ----------
    images : number of images that were drawn from; NaN for a single one.
    around, period : the estimate and the period of places on a circle, whose interval is that of
        the shorter ways from the estimate.

    Returns
    -------
    tuple : low and high. NaN draws are left out; where they are most, the ends are NaN.
    """
    if images < 2:
        nothing = torch.full(draws.shape[1:], torch.nan, dtype=draws.dtype)
        return nothing, nothing
    if around is not None and period is not None:
        draws = around + (draws - around + period / 2) % period - period / 2
    known = draws.isfinite().double().mean(0) > 0.5
    cut = torch.tensor([tail(images), 1 - tail(images)], dtype=draws.dtype)
    low, high = torch.where(known, draws.nanquantile(cut, dim=0), torch.nan)
    return low, high


def shifted_means(curves: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """Mean curves of images whose curves have each been moved along by a random number of steps.

    Whatever the images have in common is lost, and what is left is chance: the strength and the
    smoothness of each image's own curve stay. Values that have ends go round as on a circle.

    Parameters
    ----------
    curves : images x V, or for surfaces images x V x W, which are moved along both ways.

    Returns
    -------
    Tensor : draws x V, or draws x V x W.
    """
    images, *shape = curves.shape
    count = math.prod(shape)
    steps = torch.randint(count, (images, draws), generator=generator).T
    flat, number = curves.reshape(images, count), torch.arange(images)[:, None]
    means = [
        flat[number, _moved(some, shape)].mean(1)
        for some in torch.split(steps, max(1, _HELD // (images * count)))
    ]
    return torch.cat(means).view(draws, *shape)


def ratio_of_means(over: Tensor, under: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean of `over` divided by the mean of `under`, with an interval from resampled images.

    Parameters
    ----------
    over : images x ..., and `under` : images, or as `over`.

    Returns
    -------
    tuple : value, low and high, of the shape of `over` without its first axis. Zero over zero is
        zero: where nothing differs, nothing changes.

    Examples
    --------
    >>> value, low, high = ratio_of_means(torch.tensor([[1.0], [1.0]]), torch.tensor([2.0, 2.0]))
    >>> value.item(), low.item(), high.item()
    (0.5, 0.5, 0.5)
    """
    over, under = over.double(), under.double()
    under = under.view(len(under), *[1] * (over.ndim - under.ndim), *under.shape[1:])
    if under.ndim > 1 and under.shape[1:] != over.shape[1:]:
        under = under.expand_as(over)
    weights = resampled_weights(len(over))
    above = torch.tensordot(weights, over, 1)
    below = torch.tensordot(weights, under, 1)
    low, high = interval(divided(above, below), len(over))
    return divided(over.sum(0), under.sum(0)), low, high


def divided(above: Tensor, below: Tensor) -> Tensor:
    """Quotient that is 0 for zero over zero: where nothing differs, nothing changes."""
    return torch.where((above == 0) & (below == 0), 0.0, above / below)


def wilson(successes: int, trials: int) -> Estimate:
    """Share of `successes` with Wilson's interval, which stays within [0, 1].

    Examples
    --------
    >>> tuple(round(each, 3) for each in wilson(10, 10)[:3])
    (1.0, 0.722, 1.0)
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = share * (1 - share) / trials + z * z / (4 * trials * trials)
    half = z * spread**0.5 / (1 + z * z / trials)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


def _moved(steps: Tensor, shape: Sequence[int]) -> Tensor:
    """Which place of a flattened surface comes to which after so many steps, steps x places."""
    places = torch.arange(math.prod(shape))
    moved = torch.zeros_like(steps)[..., None]
    axes = (torch.unravel_index(each, tuple(shape)) for each in (places, steps))
    for place, step, side in zip(*axes, shape, strict=True):
        moved = moved * side + (place + step[..., None]) % side
    return moved


def _student(freedom: int) -> float:
    """Quantile of Student's distribution at the upper end of `LEVEL`, by Fisher's expansion."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
