"""Orientation tuning of filters whose tuning is known."""

import pytest
import torch

from tests.probing.invariance.report.nets import filters, gabors, loaded
from vizkit.errors import UsageError
from vizkit.networks.random_state import isolated_rng
from vizkit.probing.orientation import grated_layers, orientation_tuning


def test_gabors_are_tuned_narrowly():
    found = orientation_tuning(loaded(filters(gabors(12))), "0")
    assert found.tuned.value == 1 and found.diameter == 15
    assert found.width.value < 45 and found.variance.value < 0.35
    assert found.passes == len(found.cycles) * 6 * 12


def test_rings_are_not_tuned():
    found = orientation_tuning(loaded(filters(gabors(12, oriented=False))), "0")
    assert found.tuned.value == 0 and found.variance.value > 0.85
    assert found.width.value != found.width.value


def test_one_in_twenty_filters_of_noise_passes_chance():
    generator = torch.Generator().manual_seed(9)
    found = orientation_tuning(loaded(filters(torch.randn(400, 9, 9, generator=generator))), "0")
    assert found.tuned.value == pytest.approx(0.05, abs=0.035)


def test_fields_of_more_than_half_of_the_image_are_left_out():
    network = loaded(filters(gabors(2, side=17)))
    assert grated_layers(network, ("0",)) == ()
    assert grated_layers(loaded(filters(gabors(2))), ("0",)) == ("0",)


def test_a_unit_that_sees_everything_has_no_place_for_gratings():
    with isolated_rng():
        net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.AdaptiveAvgPool2d(1))
    with pytest.raises(UsageError, match="no receptive field"):
        orientation_tuning(loaded(net), "1")
