"""Shapes of curves against closed forms and a published set of curves."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vizkit.probing.tuning.shape import circular_variance, peak, selectivity, symmetry, width

DEGREES = torch.arange(0, 360, 5, dtype=torch.float64)


def von_mises(center: float, kappa: float, fold: int = 1, degrees=DEGREES):
    return torch.exp(kappa * (torch.cos(fold * torch.deg2rad(degrees - center)) - 1))


@given(center=st.floats(0, 359.9), kappa=st.floats(0.5, 20))
def test_peak_between_samples(center, kappa):
    place, height = peak(von_mises(center, kappa), DEGREES, 360.0)
    off = (float(place) - center + 180) % 360 - 180
    assert abs(off) < 0.2
    assert float(height) == pytest.approx(1, abs=0.005)
    assert 0 <= float(place) < 360


@given(center=st.floats(0, 359.9), kappa=st.floats(0.5, 20))
def test_width_of_a_von_mises_curve(center, kappa):
    # Halfway between exp(0) and the lowest value, exp(-2 kappa).
    half = (1 + math.exp(-2 * kappa)) / 2
    expected = 2 * math.degrees(math.acos(1 + math.log(half) / kappa))
    assert float(width(von_mises(center, kappa), DEGREES, 360.0)) == pytest.approx(
        expected, rel=0.03
    )


@given(center=st.floats(0, 359.9), kappa=st.floats(0.1, 20))
def test_circular_variance_is_that_of_bessel_functions(center, kappa):
    expected = [1 - np.i0(0) * _bessel(n, kappa) / np.i0(kappa) for n in (1, 2)]
    curve = von_mises(center, kappa)
    found = [float(circular_variance(curve, n)) for n in (1, 2)]
    assert found == pytest.approx(expected, abs=1e-6)


@given(center=st.floats(0, 359.9), kappa=st.floats(0.1, 20))
def test_selectivity_in_closed_form(center, kappa):
    # The mean over the circle is I0(kappa) exp(-kappa); the highest sample is at most 2.5 degrees
    # beside the peak.
    curve = von_mises(center, kappa)
    expected = 1 - np.i0(kappa) * math.exp(-kappa) / float(curve.max())
    assert float(selectivity(curve)) == pytest.approx(expected, abs=1e-6)


def _bessel(order: int, kappa: float) -> float:
    """Modified Bessel function from its integral, by a fine sum."""
    angle = (np.arange(20000) + 0.5) * math.pi / 20000
    return float(np.mean(np.exp(kappa * np.cos(angle)) * np.cos(order * angle)))


@pytest.mark.parametrize("fold", [2, 3, 4, 6])
def test_a_symmetric_curve_is_explained_by_its_symmetry(fold):
    curve = von_mises(20, 3, fold)
    assert float(symmetry(curve, fold)) == pytest.approx(1)
    for other in {2, 3, 4, 6} - {n for n in (2, 3, 4, 6) if fold % n == 0}:
        # What is left are harmonics that both have in common.
        common = math.lcm(fold, other)
        assert float(symmetry(curve, other)) == pytest.approx(_power(curve, common), abs=1e-9)


def _power(curve, order: int) -> float:
    """Share of the power in harmonics that are multiples of `order`, from a Fourier transform."""
    power = np.abs(np.fft.fft(curve.numpy())) ** 2
    power[0] = 0
    number = np.arange(len(power))
    return float(power[number % order == 0].sum() / power.sum())


@given(seed=st.integers(0, 1000), order=st.sampled_from([2, 3, 4, 6]))
def test_symmetry_is_a_share_of_fourier_power(seed, order):
    curve = torch.rand(24, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert float(symmetry(curve, order)) == pytest.approx(_power(curve, order))


def test_symmetry_that_cannot_be_known():
    assert math.isnan(float(symmetry(torch.ones(8), 3)))
    assert math.isnan(float(symmetry(torch.full((12,), 0.3), 2)))


def test_peaks_at_the_ends_stay_there_without_a_circle():
    values = torch.tensor([0.0, 1.0, 5.0], dtype=torch.float64)
    place, height = peak(torch.tensor([3.0, 1.0, 0.0], dtype=torch.float64), values, None)
    assert (float(place), float(height)) == (0, 3)
    assert math.isnan(float(width(torch.tensor([3.0, 1.0, 0.0]).double(), values, None)))


def test_unequal_steps():
    values = torch.tensor([0.0, 1.0, 3.0, 4.0, 8.0], dtype=torch.float64)
    curve = 7 - (values - 2.25) ** 2
    place, height = peak(curve, values, None)
    assert float(place) == pytest.approx(2.25) and float(height) == pytest.approx(7)


def test_a_triangle_has_the_width_of_its_half():
    values = torch.arange(0, 11, dtype=torch.float64)
    curve = (5 - (values - 5).abs()).clamp(min=0)
    assert float(width(curve, values, None)) == pytest.approx(5)


def test_a_peak_across_the_seam():
    curve = von_mises(357, 4)
    place, _ = peak(curve, DEGREES, 360.0)
    assert float(place) == pytest.approx(357, abs=0.2)
    middle = width(von_mises(180, 4), DEGREES, 360.0)
    assert float(width(curve, DEGREES, 360.0)) == pytest.approx(float(middle), rel=0.02)


def test_responses_below_zero_are_silence():
    curve = torch.tensor([-4.0, 1.0, -4.0, -4.0])
    assert float(selectivity(curve)) == 0.75
    assert float(circular_variance(curve)) == pytest.approx(0, abs=1e-6)
    for of in (selectivity, circular_variance):
        assert math.isnan(float(of(-torch.ones(4))))


def test_many_curves_at_once_are_each_by_itself():
    curves = torch.rand(5, 7, 24, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    degrees = torch.arange(0, 360, 15, dtype=torch.float64)
    for period in (None, 360.0):
        together = [*peak(curves, degrees, period), width(curves, degrees, period)]
        alone = [*peak(curves[2, 4], degrees, period), width(curves[2, 4], degrees, period)]
        for many, one in zip(together, alone, strict=True):
            torch.testing.assert_close(many[2, 4], one, equal_nan=True)


def test_planted_peaks_of_a_rotated_family_with_noise():
    """Ten copies of one curve, 720 values: the peaks come back in place and order."""
    degrees = torch.arange(0, 360, 0.5, dtype=torch.float64)
    centers = [12.5, 40.0, 66.5, 91.5, 145.0, 181.0, 243.0, 268.5, 290.0, 358.0]
    noise = torch.Generator().manual_seed(0)
    for center in centers:
        curve = 600 * von_mises(center, 8, degrees=degrees)
        curve = curve + torch.randn(720, generator=noise, dtype=torch.float64)
        place, height = peak(curve, degrees, 360.0)
        assert abs((float(place) - center + 180) % 360 - 180) < 4
        assert float(height) == pytest.approx(600, rel=0.02)


PUBLISHED = {
    379: (243.0, 668.68),
    406: (268.5, 654.36),
    385: (290.0, 561.36),
    343: (358.0, 773.65),
    342: (22.5, 555.34),
    388: (66.5, 646.92),
    324: (91.5, 663.65),
    340: (110.0, 674.80),
    330: (145.0, 538.43),
    349: (181.0, 830.02),
}


@pytest.mark.skipif(
    "VIZKIT_SHARED" not in os.environ,
    reason="set VIZKIT_SHARED to the folder that holds data/curve_tuning_mixed3b.json",
)
def test_peaks_of_published_curve_detectors():
    file = Path(os.environ["VIZKIT_SHARED"]) / "data" / "curve_tuning_mixed3b.json"
    measured = json.loads(file.read_text())["activations"]
    degrees = torch.arange(0, 360, 0.5, dtype=torch.float64)
    for channel, (center, most) in PUBLISHED.items():
        curve = torch.tensor(measured[str(channel)], dtype=torch.float64)
        place, height = peak(curve, degrees, 360.0)
        assert abs(float(place) - center) <= 0.25
        # The parabola rises above the highest sample, by little.
        assert most - 0.01 <= float(height) < 1.01 * most
