"""Intervals hold what they promise, and chance has no tuning."""

import math

import pytest
import torch

from vizkit.layer_info import LayerInfo
from vizkit.probing.grid import Grid
from vizkit.probing.responses import UnitResponses
from vizkit.probing.tuning.scores import measured
from vizkit.probing.uncertainty import (
    NOTHING,
    Estimate,
    interval,
    ratio_of_means,
    resampled_weights,
    shifted_means,
    tail,
)
from vizkit.transforms import transform
from vizkit.unit import Unit

ANGLES = tuple(float(angle) for angle in range(0, 360, 30))


@pytest.mark.parametrize("images", [6, 10, 40])
@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_of_a_mean_holds_it_as_often_as_promised(images, skewed):
    """2000 repetitions of an experiment whose truth is known; mild skew costs a few percent."""
    generator = torch.Generator().manual_seed(images)
    noise = torch.randn(images, 2000, generator=generator, dtype=torch.float64)
    # Mean of a log-normal distribution with sigma 0.5: exp(0.125).
    data, truth = ((0.5 * noise).exp(), math.exp(0.125)) if skewed else (noise, 0.0)
    weights = resampled_weights(images, 400, seed=1) / images
    low, high = interval(weights @ data, images)
    covered = float(((low <= truth) & (truth <= high)).double().mean())
    assert covered == pytest.approx(0.95, abs=0.05 if skewed else 0.03)


@pytest.mark.parametrize("images", [8, 30])
def test_the_interval_of_a_ratio_holds_it_as_often_as_promised(images):
    """The same interval serves scores: 1000 repetitions of a ratio of means whose truth is 0.5."""
    generator = torch.Generator().manual_seed(images)
    noise = torch.randn(2, images, 1000, generator=generator, dtype=torch.float64)
    over, under = 1 + 0.3 * noise[0], 2 + 0.3 * noise[1]
    _, low, high = ratio_of_means(over, under)
    covered = float(((low <= 0.5) & (high >= 0.5)).double().mean())
    assert covered == pytest.approx(0.95, abs=0.03)


def test_tails_become_those_of_the_plain_percentile_interval():
    assert tail(10**6) == pytest.approx(0.025, abs=1e-4)
    # Student's quantile for 9 degrees of freedom is 2.262157 (any table).
    normal = torch.distributions.Normal(0.0, 1.0)
    expected = float(normal.cdf(torch.tensor(-2.262157 * math.sqrt(10 / 9))))
    assert tail(10) == pytest.approx(expected, rel=1e-3)


def test_places_on_a_circle_have_the_short_way_round():
    draws = torch.tensor([358.0, 359, 0, 1, 2] * 40, dtype=torch.float64)
    around = torch.tensor(0.0, dtype=torch.float64)
    low, high = interval(draws, 30, around, 360.0)
    assert (float(low), float(high)) == (-2, 2)


def test_one_image_has_no_interval():
    low, high = interval(torch.ones(10, 3), 1)
    assert bool(low.isnan().all()) and bool(high.isnan().all())


def test_chance_keeps_the_mean_and_loses_what_images_share():
    curves = torch.zeros(200, 12, dtype=torch.float64)
    curves[:, 4] = 1
    chance = shifted_means(curves, 100, torch.Generator().manual_seed(0))
    torch.testing.assert_close(chance.sum(1), torch.ones(100, dtype=torch.float64))
    # Each place gets a twelfth of the images, give or take binomial noise of 0.02.
    assert float((chance - 1 / 12).abs().max()) < 0.1


def test_chance_of_a_single_image_is_its_own_curve_moved():
    curve = torch.arange(5.0, dtype=torch.float64)[None]
    chance = shifted_means(curve, 50, torch.Generator().manual_seed(0))
    turns = {tuple(torch.roll(curve[0], n).tolist()) for n in range(5)}
    assert {tuple(row.tolist()) for row in chance} <= turns


def test_surfaces_are_moved_along_both_ways():
    surface = torch.arange(6.0, dtype=torch.float64).view(1, 2, 3)
    chance = shifted_means(surface, 60, torch.Generator().manual_seed(0))
    moved = {
        tuple(torch.roll(surface[0], (a, b), (0, 1)).flatten().tolist())
        for a in range(2)
        for b in range(3)
    }
    assert {tuple(each.flatten().tolist()) for each in chance} == moved


def test_one_in_twenty_untuned_units_passes_the_floor():
    generator = torch.Generator().manual_seed(5)
    unit = Unit("net@own", LayerInfo("0", (), "Conv2d", 1, (1, 4, 4)), 0)
    turns = Grid((transform("rotation"),), (ANGLES,))
    passed = 0
    for seed in range(300):
        responses = torch.rand(8, 12, generator=generator)
        read = UnitResponses(unit, turns, responses, responses[:, 0], (0.0,) * 12)
        curve = measured(read, random=False, seed=seed)
        passed += curve.height.value > curve.height.floor
    # 15 expected, with a standard deviation of 4.
    assert 3 <= passed <= 29


def test_an_estimate_is_written_with_its_interval():
    estimate = Estimate(0.5236, 0.41, 0.6)
    assert f"{estimate}" == str(estimate) == "0.524 [0.41, 0.6]"
    assert f"{Estimate(-0.5, -0.75, -0.25):+.2f}" == "-0.50 [-0.75, -0.25]"
    assert (f"{Estimate(1.0):.1f}", f"{NOTHING}") == ("1.0", "-")
