"""Gaussians cut off at the border are found again, whole."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vizkit.receptive_fields.effective.gaussian import fit_gaussian


def bell(length: int, center: float, sigma: float) -> torch.Tensor:
    return torch.exp(-(((torch.arange(length, dtype=torch.float64) - center) / sigma) ** 2) / 2)


@settings(deadline=None, max_examples=50)
@given(st.floats(-5, 45), st.floats(5, 25), st.floats(2, 15), st.floats(2, 15))
def test_a_cut_gaussian_is_found_whole(y, x, sigma_y, sigma_x):
    fit = fit_gaussian(torch.outer(bell(41, y, sigma_y), bell(31, x, sigma_x)))
    assert fit.center == pytest.approx((y, x), rel=1e-4, abs=1e-4)
    assert fit.sigma == pytest.approx((sigma_y, sigma_x), rel=1e-4)
    assert fit.r2 == pytest.approx(1, abs=1e-8)

    def within(center, sigma, length):
        ends = (-0.5, length - 0.5)
        low, high = (math.erf((end - center) / sigma / 2**0.5) / 2 for end in ends)
        return high - low

    share = within(y, sigma_y, 41) * within(x, sigma_x, 31)
    assert fit.outside == pytest.approx(1 - share, abs=1e-4)


def test_what_is_seen_whole_has_its_own_moments():
    line = torch.tensor([0, 0, 1.0, 5, 9, 4, 1, 0, 0])
    fit = fit_gaussian(torch.outer(line, line))
    place = torch.arange(9.0)
    mean = float(place @ line / line.sum())
    sigma = float(((place - mean) ** 2 @ line / line.sum()).sqrt())
    assert fit.center == pytest.approx((mean, mean), abs=1e-3)
    assert fit.sigma == pytest.approx((sigma, sigma), rel=1e-3)


def test_a_flat_density_has_no_sigma():
    fit = fit_gaussian(torch.ones(9, 9))
    assert fit.sigma == (math.inf, math.inf)
    assert fit.outside == 1


def test_one_pixel():
    density = torch.zeros(5, 7)
    density[1, 4] = 2
    fit = fit_gaussian(density)
    assert (fit.center, fit.sigma, fit.outside) == ((1.0, 4.0), (0.0, 0.0), 0.0)
    assert fit.r2 == pytest.approx(1)
