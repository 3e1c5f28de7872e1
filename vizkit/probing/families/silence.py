"""Channels that no angle can be told of."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_ROUNDING = 1e-6
_TUNED = 0.1
"""Share of a response's variance that must come from the transform to tell an angle of it."""
_OFTEN = 8.0
"""Images that must carry the change of a response. Two channels that each answer to a single image
look alike wherever their answers are moved to."""


class Kinds(NamedTuple):
    """Channels by what their responses tell; each is in one of them."""

    dead: tuple[int, ...]
    rare: tuple[int, ...]
    untuned: tuple[int, ...]
    tuned: tuple[int, ...]


def sort_out(responses: Tensor) -> Kinds:
    """Kinds of the channels of `responses`, images x values x channels.

    Examples
    --------
    >>> curves = torch.eye(4, dtype=torch.float64)[None, :, :1].expand(9, 4, 1)
    >>> sort_out(torch.cat([curves, 0 * curves, 7 + 0 * curves], 2))
    Kinds(dead=(1, 2), rare=(), untuned=(), tuned=(0,))
    """
    known = torch.where(responses.isfinite().all(0).all(0), responses, 0.0)
    whole = (known - known.mean((0, 1))).square()
    change = (known - known.mean(1, keepdim=True)).square()
    rounding = (_ROUNDING * known.abs().amax((0, 1))).square()
    dead = whole.mean((0, 1)) <= rounding
    untuned = (change.mean((0, 1)) < _TUNED * whole.mean((0, 1))) | (
        change.mean((0, 1)) <= rounding
    )
    by_image = change.sum(1)
    carrying = by_image.sum(0).square() / by_image.square().sum(0).clamp(min=1e-300)
    rare = carrying < min(_OFTEN, 0.5 * len(responses))
    kinds = (dead, rare & ~untuned & ~dead, untuned & ~dead, ~(dead | rare | untuned))
    return Kinds(*(tuple(each.nonzero()[:, 0].tolist()) for each in kinds))
