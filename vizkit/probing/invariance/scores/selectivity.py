"""Selectivity, without which invariance says nothing: a dead unit ignores everything."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.probing.uncertainty import interval, resampled_weights


@dataclass(frozen=True, eq=False)
class Selectivity:
    """How unequally the U units of a layer answer to different images.

    Attributes
    ----------
    sparseness : 0 when a unit answers to all images alike, 1 when to a single one (Vinje and
        Gallant 2000; after Treves and Rolls). Of responses above the unit's smallest one, so that
        it is the same for a unit with a bias and without. NaN for a constant unit.
    dead : the unit answers to all images with the same number.
    """

    sparseness: Tensor
    dead: Tensor


@dataclass(frozen=True, eq=False)
class VarianceRatio:
    """Share of a unit's variance that a transform makes, U units.

    Attributes
    ----------
    ratio : variance over the transforms of an image, divided by that over all images and
        transforms, 0 to 1. 0 is invariance, `chance` is what independent responses give. NaN for
        a dead unit, which has no variance.
    low, high : interval of 95 % from resampled images.
    """

    ratio: Tensor
    low: Tensor
    high: Tensor

    chance = 1.0


def selectivity(responses: Tensor) -> Selectivity:
    """Selectivity of units from their responses to images, images x units.

    Raises
    ------
    UsageError : fewer than two images.

    Examples
    --------
    >>> found = selectivity(torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 2.0], [0.0, 0.0, 2.0]]))
    >>> found.sparseness, found.dead
    (tensor([nan, 1., nan], dtype=torch.float64), tensor([ True, False,  True]))
    """
    if responses.ndim != 2 or len(responses) < 2:
        raise UsageError(
            f"responses of shape {tuple(responses.shape)} show no selectivity.\n"
            "  Give images x units, of two images or more."
        )
    exact = responses.double()
    dead = exact.amax(0) == exact.amin(0)
    above = exact - exact.amin(0)
    equal = above.mean(0).square() / above.square().mean(0)
    sparseness = (1 - equal) / (1 - 1 / len(exact))
    return Selectivity(sparseness.masked_fill(dead, math.nan), dead)


def variance_ratio(orbits: Tensor) -> VarianceRatio:
    """Share of the variance that transforms make, of responses images x transforms x units.

    Examples
    --------
    The first unit knows the image alone, the second the transform alone, the third is dead:

    >>> image, turn = torch.meshgrid(torch.arange(4.0), torch.arange(3.0), indexing="ij")
    >>> variance_ratio(torch.stack([image, turn, 0 * turn], 2)).ratio
    tensor([0., 1., nan], dtype=torch.float64)
    """
    exact = orbits.double()
    dead = exact.amax((0, 1)) == exact.amin((0, 1))
    exact = exact - exact.mean((0, 1))
    mean, square = exact.mean(1), exact.square().mean(1)
    within = exact.var(1, correction=0)

    def ratio(weights: Tensor) -> Tensor:
        total = weights @ square - (weights @ mean).square()
        return torch.where(dead, math.nan, (weights @ within) / total).clamp(0, 1)

    whole = torch.full((1, len(exact)), 1 / len(exact), dtype=torch.float64)
    images = len(exact)
    low, high = interval(ratio(resampled_weights(images) / images), images)
    return VarianceRatio(ratio(whole)[0], low, high)
