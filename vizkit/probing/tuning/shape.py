"""Numbers that describe curves of responses over one parameter; each for many curves at once.

Curves are ... x V, float64, at V ascending values. Responses below zero count as silence wherever
shares of the response are formed (`selectivity`, `circular_variance`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SYMMETRIES = (2, 3, 4, 6)
"""Orders of symmetry that are looked at: 2 for the orientation of a line, 4 for that of a cross."""


def peak(curves: Tensor, values: Tensor, period: float | None) -> tuple[Tensor, Tensor]:
    """Place and height of the highest response, by a parabola through the top three.

    Parameters
    ----------
    period : of values that go round a circle; None where they have ends. A peak at an end stays
        where it is.

    Examples
    --------
    >>> values = torch.arange(4.0, dtype=torch.float64)
    >>> place, height = peak(-((values - 1.25) ** 2), values, None)
    >>> round(place.item(), 6), round(height.item(), 6)
    (1.25, 0.0)
    """
    count = curves.shape[-1]
    curves, places, shift = _unrolled(curves, values, period)
    top = curves[..., shift : shift + count].argmax(-1, keepdim=True) + shift
    middle, height = places[top], curves.gather(-1, top)
    if len(places) < 3:
        return middle[..., 0], height[..., 0]
    inner = top.clamp(1, len(places) - 2)
    before, after = inner - 1, inner + 1
    near, far = middle - places[before], places[after] - middle
    rise = (height - curves.gather(-1, before)) / near
    fall = (curves.gather(-1, after) - height) / far
    bend = (fall - rise) / (near + far)
    slope = (fall * near + rise * far) / (near + far)
    curved = (inner == top) & (bend < 0)
    step = torch.where(curved, -slope / (2 * bend), torch.zeros_like(slope))
    gain = torch.where(curved, -(slope**2) / (4 * bend), torch.zeros_like(slope))
    place = (middle + step)[..., 0]
    if period is not None:
        place = values[0] + (place - values[0]) % period
    return place, (height + gain)[..., 0]


def width(curves: Tensor, values: Tensor, period: float | None) -> Tensor:
    """Full width of the highest peak, halfway between its height and the lowest response.

    NaN where the curve does not come down to that on both sides.

    Examples
    --------
    >>> values = torch.arange(7.0, dtype=torch.float64)
    >>> width(torch.tensor([1.0, 1, 1, 5, 1, 1, 1], dtype=torch.float64), values, None).item()
    1.0
    """
    count = curves.shape[-1]
    _, height = peak(curves, values, period)
    half = ((height + curves.amin(-1)) / 2)[..., None]
    curves, places, shift = _unrolled(curves, values, period)
    top = curves[..., shift : shift + count].argmax(-1, keepdim=True) + shift
    number = torch.arange(len(places)).expand_as(curves)
    below = curves < half
    ends = []
    for side in (-1, 1):
        beyond = below & ((number - top) * side > 0)
        distance = torch.where(beyond, (number - top).abs(), len(places))
        out = distance.argmin(-1, keepdim=True)
        inward = (out - side).clamp(0, len(places) - 1)
        low, high = curves.gather(-1, out), curves.gather(-1, inward)
        share = ((high - half) / (high - low)).clamp(0, 1)
        end = places[inward] + share * (places[out] - places[inward])
        ends.append(torch.where(beyond.any(-1, keepdim=True), end, math.nan)[..., 0])
    return ends[1] - ends[0]


def selectivity(curves: Tensor) -> Tensor:
    """One minus mean over maximum: 0 for a constant response, near 1 for a rare one.

    NaN where nothing is positive.

    Examples
    --------
    >>> selectivity(torch.tensor([[2.0, 2.0, 2.0, 2.0], [0.0, 8.0, 0.0, 0.0]])).tolist()
    [0.0, 0.75]
    """
    positive = curves.clamp(min=0)
    most = positive.amax(-1)
    return torch.where(most > 0, 1 - positive.mean(-1) / most, math.nan)


def circular_variance(curves: Tensor, order: int = 1) -> Tensor:
    """One minus the length of the mean direction, of curves over a full circle.

    0 when a single value drives the unit, 1 when all do alike; NaN where nothing is positive. With
    `order` 2 of directions modulo half the circle, as for the orientation of a line.

    Examples
    --------
    >>> curves = torch.tensor([[0.0, 1.0, 0.0, 1.0]])
    >>> [round(circular_variance(curves, order).item(), 6) for order in (1, 2)]
    [1.0, 0.0]
    """
    positive = curves.clamp(min=0).double()
    total = positive.sum(-1)
    turn = 2 * math.pi * order / curves.shape[-1] * torch.arange(curves.shape[-1])
    x, y = (positive * turn.cos()).sum(-1), (positive * turn.sin()).sum(-1)
    return torch.where(total > 0, 1 - (torch.hypot(x, y) / total).clamp(max=1), math.nan)


def symmetry(curves: Tensor, order: int) -> Tensor:
    """Share of the variance of curves over a full circle that `order`-fold symmetry explains.

    What is left of the variance when the curve is averaged with its copies turned by 1 / `order`
    of the circle: 1 for a symmetric curve, about 1 / `order` for one at random. NaN for a constant
    curve, and where the number of values cannot be divided by `order`.

    Examples
    --------
    >>> curve = torch.tensor([0.0, 1.0, 0.0, 1.0])
    >>> symmetry(curve, 2).item(), symmetry(curve, 4).item()
    (1.0, 0.0)
    """
    count = curves.shape[-1]
    if count % order:
        return torch.full(curves.shape[:-1], math.nan, dtype=curves.dtype)
    folded = curves.reshape(*curves.shape[:-1], order, count // order).mean(-2)
    spread = (curves - curves.mean(-1, keepdim=True)).square().mean(-1)
    kept = (folded - folded.mean(-1, keepdim=True)).square().mean(-1)
    rounding = (1e-6 * curves.abs().amax(-1)).square()
    return torch.where(spread > rounding, kept / spread, math.nan)


def _unrolled(curves: Tensor, values: Tensor, period: float | None) -> tuple[Tensor, Tensor, int]:
    """Curves and their places, three times around a circle; and where the middle round begins."""
    if period is None:
        return curves, values, 0
    places = torch.cat([values - period, values, values + period])
    return torch.cat([curves, curves, curves], -1), places, len(values)
