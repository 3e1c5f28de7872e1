"""The Gaussian behind a density of which only a part may be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_STEPS = 100
_WIDEST = 1e4
"""Largest ratio of sigma to the seen length; a density wider than that is flat."""


@dataclass(frozen=True, slots=True)
class GaussianFit:
    """Axis-aligned Gaussian that is most likely to have given what is seen of a density.

    Attributes
    ----------
    center : (y, x) in pixels of the map.
    sigma : (sigma_y, sigma_x) in pixels, of the whole Gaussian, with what lies beyond the seen
        part; infinite along an axis where the density does not fall off.
    r2 : share of the variance of the seen pixels that the fit explains; at most 1, and negative
        where a constant would do better.
    outside : share of the Gaussian's mass beyond the seen part; 1 where sigma is infinite.
    """

    center: tuple[float, float]
    sigma: tuple[float, float]
    r2: float
    outside: float


def fit_gaussian(density: Tensor) -> GaussianFit:
    """Gaussian, cut off at the edges of `density`, whose likelihood is largest.

    Along each axis it has the mean and the variance of the density within the edges, which for a
    Gaussian that is cut off are not those of the whole one.

    Parameters
    ----------
    density : H x W, not negative, not all zero.

    Examples
    --------
    >>> line = torch.exp(-torch.arange(-9.0, 10) ** 2 / 8)
    >>> fit = fit_gaussian(torch.outer(line, line)[4:])
    >>> [round(each, 3) for each in (*fit.center, *fit.sigma, fit.r2)]
    [5.0, 9.0, 2.0, 2.0, 1.0]
    """
    density = density.double() / density.double().sum()
    (y, sigma_y, rows, within_y), (x, sigma_x, columns, within_x) = (
        _fit_line(density.sum(1)),
        _fit_line(density.sum(0)),
    )
    left = (density - torch.outer(rows, columns)).square().sum()
    spread = (density - density.mean()).square().sum()
    r2 = 1 - float(left / spread) if spread > 0 else 1.0
    return GaussianFit((y, x), (sigma_y, sigma_x), r2, 1 - within_y * within_x)


def _fit_line(line: Tensor) -> tuple[float, float, Tensor, float]:
    """Mean, sigma, fitted values within the edges, and share of the fit's mass within them."""
    length = len(line)
    # From -1 to 1, so that both parameters of exp(a u + b u^2) are of the same order.
    u = torch.linspace(-1, 1, length, dtype=torch.float64) if length > 1 else line.new_zeros(1)
    terms = torch.stack([u, u.square()])
    wanted = terms @ line
    if float(wanted[1] - wanted[0].square()) < 1e-12:
        # All in one pixel.
        place = float(torch.arange(length, dtype=torch.float64) @ line)
        return place, 0.0, line, 1.0
    parameters = torch.zeros(2, dtype=torch.float64)
    parameters[1] = -0.5 / (wanted[1] - wanted[0].square())
    parameters[0] = -2 * parameters[1] * wanted[0]
    for _ in range(_STEPS):
        fitted = (parameters @ terms).softmax(0)
        miss = wanted - terms @ fitted
        if float(miss.abs().max()) < 1e-13:
            break
        parameters = parameters + _step(parameters, terms, fitted, wanted, miss)
    fitted = (parameters @ terms).softmax(0)
    scale = (length - 1) / 2
    if float(parameters[1]) > -0.5 / _WIDEST**2:
        return float("nan"), math.inf, fitted, 0.0
    sigma = math.sqrt(-0.5 / float(parameters[1]))
    mean = float(parameters[0]) * sigma**2
    edges = [((end * (1 + 1 / (2 * scale))) - mean) / sigma / math.sqrt(2) for end in (-1, 1)]
    within = (math.erf(edges[1]) - math.erf(edges[0])) / 2
    return (mean + 1) * scale, sigma * scale, fitted, within


def _step(
    parameters: Tensor, terms: Tensor, fitted: Tensor, wanted: Tensor, miss: Tensor
) -> Tensor:
    """Newton's step on the concave log-likelihood, halved until it climbs."""
    covariance = (terms * fitted) @ terms.T - torch.outer(terms @ fitted, terms @ fitted)
    step: Tensor = torch.linalg.solve(covariance + 1e-15 * torch.eye(2, dtype=torch.float64), miss)

    def likelihood(at: Tensor) -> float:
        return float(at @ wanted - (at @ terms).logsumexp(0))

    before = likelihood(parameters)
    for _ in range(40):
        if likelihood(parameters + step) >= before - 1e-15:
            return step
        step = step / 2
    return torch.zeros_like(step)
