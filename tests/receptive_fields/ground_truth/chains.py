"""The field of a chain of averages, in closed form.

A pixel's weight in a chain of uniform averages is the number of paths to it. So the weights are
distributed as the sum of ``jump * dilation * t`` over the layers, with ``t`` uniform on 0 to
``kernel - 1`` and ``jump`` the product of the strides before: cumulants add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

import torch
from torch import Tensor

Stack = Iterable[tuple[int, int, int]]
"""(kernel, stride, dilation) of every layer, the first one first, along one axis."""


def chain_sigma(stack: Stack) -> float:
    """Standard deviation in pixels: root of the sum of ``(jump dilation)^2 (kernel^2 - 1) / 12``.

    Examples
    --------
    >>> round(chain_sigma([(3, 1, 1)] * 6), 12)
    2.0
    """
    return float(_cumulants(stack)[0] ** 0.5)


def chain_kurtosis(stack: Stack) -> float:
    """Excess kurtosis; 0 for a Gaussian, which deep chains approach from below.

    Examples
    --------
    >>> round(chain_kurtosis([(3, 1, 1)] * 5), 12)
    -0.3
    """
    second, fourth = _cumulants(stack)
    return fourth / second**2


def chain_density(stack: Stack) -> Tensor:
    """Weight of every pixel of the field, float64, sums to 1.

    Examples
    --------
    >>> chain_density([(3, 1, 1), (2, 2, 1)])
    tensor([0.1667, 0.3333, 0.3333, 0.1667], dtype=torch.float64)
    """
    density = torch.ones(1, dtype=torch.float64)
    for kernel, step in _steps(stack):
        longer = density.new_zeros(len(density) + (kernel - 1) * step)
        for tap in range(kernel):
            longer[tap * step : tap * step + len(density)] += density / kernel
        density = longer
    return density


def _steps(stack: Stack) -> list[tuple[int, int]]:
    """(kernel, pixels between its taps) of every layer."""
    layers = list(stack)
    strides = [stride for _, stride, _ in layers]
    return [
        (kernel, prod(strides[:number]) * dilation)
        for number, (kernel, _, dilation) in enumerate(layers)
    ]


def _cumulants(stack: Stack) -> tuple[float, float]:
    """Second and fourth cumulant of the sum, from those of discrete uniform distributions."""
    steps = _steps(stack)
    return (
        sum(step**2 * (kernel**2 - 1) / 12 for kernel, step in steps),
        -sum(step**4 * (kernel**4 - 1) / 120 for kernel, step in steps),
    )
