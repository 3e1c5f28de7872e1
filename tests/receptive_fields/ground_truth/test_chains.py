"""Chains of averages: the closed form against counted paths and published sizes."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receptive_fields.ground_truth.chains import chain_density, chain_kurtosis, chain_sigma
from vizkit.receptive_fields.effective.density import Density

LAYERS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=5
)


@settings(deadline=None, max_examples=50)
@given(LAYERS)
def test_density_counts_the_paths(stack):
    jump, steps = 1, []
    for kernel, stride, dilation in stack:
        steps.append([jump * dilation * tap for tap in range(kernel)])
        jump *= stride
    paths = Counter(sum(taps) for taps in product(*steps))
    counted = torch.tensor([paths[place] for place in range(max(paths) + 1)], dtype=torch.float64)
    assert torch.allclose(chain_density(stack), counted / counted.sum(), atol=1e-14, rtol=0)


@settings(deadline=None, max_examples=50)
@given(LAYERS)
def test_moments_are_those_of_the_density(stack):
    density = chain_density(stack)
    place = torch.arange(len(density), dtype=torch.float64)
    mean = place @ density
    variance = (place - mean) ** 2 @ density
    assert chain_sigma(stack) ** 2 == pytest.approx(float(variance), abs=1e-10, rel=1e-12)
    if variance > 0:
        fourth = (place - mean) ** 4 @ density
        excess = float(fourth / variance**2) - 3
        assert chain_kurtosis(stack) == pytest.approx(excess, abs=1e-10)


# Luo et al. (2016), size as the root of the number of pixels above 1 - 95.45 % of the peak.
@pytest.mark.parametrize(("depth", "size"), [(5, 8.31), (10, 11.70), (20, 16.16), (40, 22.74)])
def test_stacks_of_three_by_three(depth, size):
    stack = [(3, 1, 1)] * depth
    assert chain_sigma(stack) == pytest.approx((2 * depth / 3) ** 0.5, abs=1e-12)
    assert chain_kurtosis(stack) == pytest.approx(-1.5 / depth, abs=1e-12)
    line = chain_density(stack)
    field = Density(torch.outer(line, line), (depth, depth), (len(line), len(line)), 1.0)
    assert field.size == pytest.approx(size, abs=0.005)
    assert field.ratio == pytest.approx(size / (2 * depth + 1), abs=0.0005)
