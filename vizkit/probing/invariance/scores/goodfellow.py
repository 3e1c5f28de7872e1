"""The invariance score of Goodfellow, Le, Saxe, Lee and Ng (2009)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.probing.uncertainty import NOTHING, Estimate, interval, resampled_weights

Scoring = Literal["scored", "ties", "silent", "constant"]
_SIGNS = (1.0, -1.0)
_FEW = 10


@dataclass(frozen=True, eq=False)
class Goodfellow:
    """Invariance scores of the U units of a layer.

    Attributes
    ----------
    score : S = local rate / global rate, float64, NaN where it cannot be had. 1 is chance: the
        unit fires for the transformed versions of its best inputs as often as for anything.
        `ceiling` is reached when it fires for all of them.
    low, high : interval of 95 % from resampled images, at the unit's threshold and sign.
    sign : 1 or -1, whichever gives the larger score.
    threshold : the unit fires when sign x response is above it.
    global_rate : share of the population for which it fires, 0.01 where ties permit.
    local_rate : share of the transformed versions of the near-maximal inputs for which it fires.
    near : number of near-maximal inputs.
    samples : size of the population. Where so few of them fire that `coarse` is true, a score says
        little: with one of them firing it is the number of images, whatever the unit.
    images : number of images whose transformed versions were looked at.
    status : ``"scored"``; ``"ties"`` (scored, but equal responses make it fire more often than
        asked); ``"silent"`` (it answers so rarely that firing would mean not answering) and
        ``"constant"`` are not scored.
    """

    score: Tensor
    low: Tensor
    high: Tensor
    sign: Tensor
    threshold: Tensor
    global_rate: Tensor
    local_rate: Tensor
    near: Tensor
    samples: int
    images: int
    status: tuple[Scoring, ...]
    draws: Tensor = field(repr=False)

    @property
    def coarse(self) -> bool:
        """Whether units may fire for fewer than ten samples of the population."""
        return bool((self.global_rate * self.samples).amin() < _FEW - 0.5)

    @property
    def ceiling(self) -> Tensor:
        """Largest score possible, 1 / global rate: 100 where the unit fires for exactly 1 %."""
        return 1 / self.global_rate

    def layer(self, share: float = 0.2) -> Estimate:
        """Inv_p of the layer: mean score of the top-scoring `share` of its units.

        Units without a score count as units but are never among the best; NaN when there are none
        but these. The interval is that of the units that are the best of all images.

        Raises
        ------
        UsageError : `share` is not in (0, 1].
        """
        if not 0 < share <= 1:
            raise UsageError(
                f"share={share!r} is no share of the units.\n  Give 0.2, or another in (0, 1]."
            )
        count = min(max(1, round(share * len(self.score))), int((~self.score.isnan()).sum()))
        if not count:
            return NOTHING
        best = self.score.nan_to_num(nan=-math.inf).topk(count).indices
        low, high = interval(self.draws[:, best].mean(1), self.images)
        return Estimate(float(self.score[best].mean()), float(low), float(high))


def goodfellow(
    originals: Tensor,
    orbits: Tensor,
    population: Tensor | None = None,
    *,
    rate: float = 0.01,
    near: float = 0.1,
    signs: Literal["best", "positive"] = "best",
) -> Goodfellow:
    """Invariance scores of units from their responses.

    Unit i fires for x when s h(x) > t. The threshold t makes it fire for a share `rate` of the
    population or, where ties do not permit that, for the next larger share. The score is the share
    of firing among all transformed versions of the inputs that drive it near-maximally, divided by
    the share in the population; the sign s is the one with the larger score.

    Parameters
    ----------
    originals : responses to the untransformed images, images x units.
    orbits : responses to the images under every transform, images x transforms x units.
    population : responses to samples of P(x), samples x units; by default the orbits of all images
        together, which is P(x) where no transform is more probable than another.
    rate : global firing rate.
    near : share of the images that count as near-maximal, at least one, and with the images tied
        with the last of them; those of them that the unit fires for, if there are any. The paper
        leaves it open.
    signs : ``"positive"`` fixes s = 1, as the paper does for units trained to be sparse.

    Raises
    ------
    UsageError : shapes that do not belong together, or shares outside (0, 1).

    Examples
    --------
    A unit that answers to one image of a hundred, whatever is done to it, has the largest score:

    >>> responses = torch.zeros(100, 1)
    >>> responses[7] = 1.0
    >>> found = goodfellow(responses, responses.unsqueeze(1).expand(-1, 5, -1), near=0.01)
    >>> found.score.item(), found.status
    (100.0, ('scored',))
    """
    _check(originals, orbits, population, rate, near)
    samples = orbits.flatten(0, 1) if population is None else population
    tested = _SIGNS[:1] if signs == "positive" else _SIGNS
    # Every unit once for each sign, as if these were different units.
    samples, originals, orbits = (
        torch.cat([sign * each.double() for sign in tested], -1)
        for each in (samples, originals, orbits)
    )
    images, units = len(originals), originals.shape[1] // len(tested)
    threshold = firing_threshold(samples, rate)
    global_rate = (samples > threshold).double().mean(0)
    per_image = (orbits > threshold).double().mean(1)
    fires = originals > threshold
    maximal = _firing_if_any(originals >= _kth_largest(originals, near), fires).double()
    local_rate = (per_image * maximal).sum(0) / maximal.sum(0)
    score = local_rate / global_rate
    best = score.view(len(tested), units).argmax(0)
    picked = best * units + torch.arange(units)
    status = _status(
        samples[:, :units], global_rate.view(-1, units).amin(0), global_rate[picked], rate
    )
    usable = torch.tensor([each in ("scored", "ties") for each in status])
    local = _resampled(originals[:, picked], fires[:, picked], per_image[:, picked], near)
    resampled = torch.where(usable, local / global_rate[picked], math.nan)
    low, high = interval(resampled, images)
    return Goodfellow(
        torch.where(usable, score[picked], math.nan),
        low,
        high,
        sign=torch.tensor(tested, dtype=torch.float64)[best],
        threshold=threshold[picked],
        global_rate=global_rate[picked],
        local_rate=local_rate[picked],
        near=maximal.sum(0).long()[picked],
        samples=len(samples),
        images=images,
        status=status,
        draws=resampled,
    )


def firing_threshold(samples: Tensor, rate: float = 0.01) -> Tensor:
    """Threshold of each unit that a share `rate` of its responses, samples x units, lies above.

    It lies half-way between the smallest response that fires and the largest that does not. Equal
    responses fire together, so that the share is the smallest possible one that is not below
    `rate`; minus infinity where all must.

    Examples
    --------
    >>> firing_threshold(torch.tensor([[0.0], [1.0], [3.0], [3.0]]).double(), 0.25)
    tensor([2.], dtype=torch.float64)
    """
    fires = _kth_largest(samples, rate)
    below = torch.where(samples < fires, samples, -math.inf).amax(0)
    middle = below / 2 + fires / 2
    # Between neighboring floats there is no middle.
    return torch.where(middle < fires, middle, below)


def _kth_largest(values: Tensor, share: float) -> Tensor:
    """Smallest value among the largest `share` of each column."""
    count = max(1, math.ceil(share * len(values) - 1e-9))
    return values.topk(count, dim=0).values[-1]


def _status(samples: Tensor, reached: Tensor, used: Tensor, rate: float) -> tuple[Scoring, ...]:
    # The granularity of the population is no tie: one of ten samples is a tenth.
    finest = max(1, math.ceil(rate * len(samples) - 1e-9)) / len(samples)

    def of(same: bool, least: float, rate_used: float) -> Scoring:
        if same or least >= 0.5:
            return "constant" if same else "silent"
        return "ties" if rate_used > finest + 1e-12 else "scored"

    constant = samples.amax(0) == samples.amin(0)
    return tuple(map(of, constant.tolist(), reached.tolist(), used.tolist()))


def _firing_if_any(maximal: Tensor, fires: Tensor) -> Tensor:
    """Those of the near-maximal images that the unit fires for, or all where it does for none."""
    both = maximal & fires
    return torch.where(both.any(0), both, maximal)


def _resampled(originals: Tensor, fires: Tensor, per_image: Tensor, near: float) -> Tensor:
    """Local rates over resampled images, draws x units; near-maximal is anew what is so there."""
    order = originals.argsort(dim=0, descending=True, stable=True)
    ranked, rates, fires = (each.gather(0, order) for each in (originals, per_image, fires))
    wanted = max(1, math.ceil(near * len(originals) - 1e-9))
    found = []
    for weights in resampled_weights(len(originals)):
        weight = weights[order]
        last = (weight.cumsum(0) < wanted).sum(0).clamp(max=len(originals) - 1)
        maximal = (weight > 0) & (ranked >= ranked.gather(0, last.unsqueeze(0)))
        weight = weight * _firing_if_any(maximal, fires)
        found.append((weight * rates).sum(0) / weight.sum(0))
    return torch.stack(found)


def _check(
    originals: Tensor, orbits: Tensor, population: Tensor | None, rate: float, near: float
) -> None:
    shapes = tuple(originals.shape), tuple(orbits.shape)
    fit = (
        originals.ndim == 2
        and orbits.ndim == 3
        and 0 not in orbits.shape
        and (len(orbits), orbits.shape[2]) == shapes[0]
    )
    if not fit or (population is not None and population.shape[1:] != originals.shape[1:]):
        raise UsageError(
            f"responses of shapes {shapes[0]} and {shapes[1]} do not belong together.\n"
            "  Give images x units, images x transforms x units and samples x units."
        )
    for name, share in (("rate", rate), ("near", near)):
        if not 0 < share < 1:
            raise UsageError(f"{name}={share!r} is no share.\n  Give a number in (0, 1).")
