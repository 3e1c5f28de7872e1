"""Uncertainty of a score over the images that it was measured on."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vizkit.probing.resampling import interval, resampled_weights

DRAWS = 200


class Estimate(NamedTuple):
    """A number with the interval that holds it in 95 of 100 repetitions."""

    value: float
    low: float
    high: float


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
    weights = resampled_weights(len(over), DRAWS)
    above = torch.tensordot(weights, over, 1)
    below = torch.tensordot(weights, under, 1)
    low, high = interval(_divided(above, below), len(over))
    return _divided(over.sum(0), under.sum(0)), low, high


def wilson(successes: int, trials: int) -> Estimate:
    """Share of `successes` with Wilson's interval, which stays within [0, 1].

    Examples
    --------
    >>> tuple(round(each, 3) for each in wilson(10, 10))
    (1.0, 0.722, 1.0)
    """
    z = 1.959963984540054
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = share * (1 - share) / trials + z * z / (4 * trials * trials)
    half = z * spread**0.5 / (1 + z * z / trials)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


def _divided(above: Tensor, below: Tensor) -> Tensor:
    return torch.where((above == 0) & (below == 0), 0.0, above / below)
