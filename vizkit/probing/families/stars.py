"""From likenesses between channels to families."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vizkit.probing.families.cycle import Cycle
from vizkit.probing.families.likeness import Joint
from vizkit.probing.families.result import ChannelFamily, Member
from vizkit.probing.tuning.shape import SYMMETRIES, peak
from vizkit.probing.uncertainty import Estimate, interval, resampled_weights
from vizkit.unit import Unit

_DRAWS = 500
_TINY = 1e-30


def stars(
    responses: Tensor,
    units: Sequence[Unit],
    joint: Joint,
    links: Tensor,
    p: Tensor,
    least: float,
    steps: Cycle,
    seed: int | None,
) -> tuple[ChannelFamily, ...]:
    """Families around references, the largest first.

    Every member is like the reference itself: chains, whose ends need not be alike, are cut. The
    reference is the channel with the most likeness to channels that are still free.

    Parameters
    ----------
    responses : images x values x channels, `units`, whose joint tuning `joint` is.
    links : likeness of all channels to each other where they are linked, else 0.
    seed : of the draws of images; None leaves intervals out.
    """
    free = torch.ones(len(links), dtype=torch.bool)
    references = free.clone()
    found: list[ChannelFamily] = []
    while bool((links[references][:, free] > 0).any()):
        total = (links * free).sum(1).masked_fill(~(references & free), 0)
        reference = int(total.argmax())
        if total[reference] == 0:
            break
        linked = (links[reference] > 0) & free
        linked[reference] = True
        channels = linked.nonzero()[:, 0]
        symmetry = _symmetry(joint[channels], least) if steps.circle else 1
        members = _members(joint, units, reference, channels, p, steps, symmetry, seed)
        turned = [each.p for each in members if _is_turned(each, steps, symmetry)]
        references[reference] = False
        if turned:
            free[channels] = False
            numbers = torch.tensor([units.index(each.unit) for each in members])
            found.append(
                ChannelFamily(
                    units[reference],
                    members,
                    p=min(turned),
                    symmetry=symmetry,
                    period=None if steps.period is None else steps.period / symmetry,
                    curves=_curves(responses, reference, numbers, steps.circle),
                )
            )
    found.sort(key=lambda family: (-len(family), family.p, family.reference.channel))
    return tuple(found)


def _curves(responses: Tensor, reference: int, channels: Tensor, circle: bool) -> Tensor:
    """What members do over the values, channels x values; see `ChannelFamily.curves`."""
    count = responses.shape[1]
    own = responses[:, :, reference]
    if circle:
        turned = (own.argmax(1)[:, None] + torch.arange(count)) % count
        number = torch.arange(len(responses))[:, None]
        return responses[number, turned].mean(0)[:, channels].T
    middle = own[:, count // 2] - own[:, count // 2].mean()
    spread = responses[:, :, channels] - responses[:, :, channels].mean(0)
    norms = (middle.square().sum() * spread.square().sum(0)).sqrt().clamp(min=_TINY)
    return (torch.einsum("i,ivm->vm", middle, spread) / norms).T


def _members(
    joint: Joint,
    units: Sequence[Unit],
    reference: int,
    channels: Tensor,
    p: Tensor,
    steps: Cycle,
    symmetry: int,
    seed: int | None,
) -> tuple[Member, ...]:
    period = None if steps.period is None else steps.period / symmetry
    sums = joint.with_one(channels, reference)
    images = joint.whole.shape[0]
    mean = _likeness(sums, torch.ones(1, images, dtype=torch.float64))[:, 0]
    places = joint.lags[: mean.shape[1] // symmetry].double() * steps.step
    value, likeness = peak(_folded(mean, symmetry), places, period)[0], mean.amax(1)
    ends = likeness_ends = torch.full((2, len(channels)), math.nan, dtype=torch.float64)
    if seed is not None and images > 1:
        draws = _likeness(sums, resampled_weights(images, _DRAWS, seed)).transpose(0, 1)
        ends = torch.stack(
            interval(peak(_folded(draws, symmetry), places, period)[0], images, value, period)
        )
        likeness_ends = torch.stack(interval(draws.amax(2), images))
    members = []
    for number, channel in enumerate(channels.tolist()):
        if channel == reference:
            still, alike = Estimate(*3 * [steps.value(0.0)]), Estimate(1.0, 1.0, 1.0)
            members.append(Member(units[channel], still, alike, 0.0))
            continue
        place = [float(value[number]), *ends[:, number].tolist()]
        alike = Estimate(float(likeness[number]), *likeness_ends[:, number].tolist())
        turn = Estimate(*map(steps.value, place))
        members.append(Member(units[channel], turn, alike, float(p[channel, reference])))
    return tuple(sorted(members, key=lambda each: (each.value.value, each.channel)))


def _likeness(sums: Tensor, weights: Tensor) -> Tensor:
    """Members x draws x lags, of `Joint.with_one` for draws x images."""
    both, own, other = torch.einsum("di,kpiml->pkmdl", weights, sums)
    likeness: Tensor = both / (own * other).sqrt().clamp(min=_TINY)
    return likeness.amin(0)


def _folded(likeness: Tensor, symmetry: int) -> Tensor:
    """Mean over lags that are the same for copies of this symmetry."""
    return likeness.reshape(*likeness.shape[:-1], symmetry, -1).mean(-2)


def _symmetry(joint: Joint, least: float) -> int:
    """Largest order of turns that take the channels to themselves, on average."""
    count = joint.whole.shape[1]
    own = joint.likeness.diagonal(dim1=1, dim2=2).mean(1)
    for order in sorted(SYMMETRIES, reverse=True):
        if count % order == 0 and bool(own[:: count // order].min() >= least):
            return order
    return 1


def _is_turned(member: Member, steps: Cycle, symmetry: int) -> bool:
    """Whether the transform takes the reference to `member`, not just to itself."""
    places = [math.log(v) if steps.factors else v for v in member.value[:3]]
    away, low, high = places
    if steps.period is not None:
        period = steps.period / symmetry
        shift = -period if away > period / 2 else 0.0
        away, low, high = (each + shift for each in places)
    return abs(away) >= steps.step / 2 and not low <= 0 <= high
