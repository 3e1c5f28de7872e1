"""What preprocessing and biases explain, in networks where they explain all or not all."""

import pytest
import torch
from torch import nn

from tests.nets import images
from tests.probing.invariance.report.nets import chain, filters, loaded
from vizkit.probing.invariance.report.linearity import (
    STEP,
    brightness_of_filters,
    contrast_of_layers,
    unbiased,
)

LAYERS = ("0", "2", "3", "5", "7")


def test_without_biases_half_the_contrast_is_half_of_every_response():
    found = contrast_of_layers(loaded(chain(bias=False)), LAYERS, images(3, 1, 32))
    # Bit for bit: a power of two changes no mantissa.
    assert all(each.own == each.unbiased == 0 for each in found.values())


def test_biases_are_all_that_departs():
    found = contrast_of_layers(loaded(chain(bias=True)), LAYERS, images(3, 1, 32))
    assert all(each.own > 0.01 and each.unbiased == 0 for each in found.values())


def test_an_activation_that_saturates_is_no_bias():
    found = contrast_of_layers(
        loaded(chain(bias=True, activation=nn.Sigmoid)), LAYERS, images(3, 1, 32)
    )
    assert found["3"].unbiased > 0.01


def test_the_copy_without_biases_leaves_the_network_alone():
    net = nn.Sequential(chain(bias=True), nn.BatchNorm1d(4)).eval()
    net[1].running_mean.fill_(3.0)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    bare = unbiased(net)
    assert not bare(torch.zeros(1, 1, 32, 32)).any()
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_brightness_is_the_sum_of_a_filter():
    weights = torch.zeros(2, 3, 3)
    weights[0, 1] = torch.tensor([-1.0, 0.0, 1.0])  # an edge, which sums to zero
    weights[1] = 1.0
    shown = images(3, 1, 32)
    found = brightness_of_filters(loaded(filters(weights)), shown)
    seen = nn.functional.conv2d((STEP + (1 - 2 * STEP) * shown - 0.5) / 0.25, weights[1:, None])
    gain = 9 * STEP / 0.25 / seen.std()
    assert found.blind == 0.5 and found.error < 1e-4
    assert found.gain == pytest.approx(0.0, abs=1e-4)  # the lower of two is the median
    both = brightness_of_filters(loaded(filters(weights[1:])), shown)
    assert both.gain == pytest.approx(gain.item(), rel=1e-4) and both.blind == 0


def test_nothing_to_say_without_a_convolution():
    assert brightness_of_filters(loaded(nn.Sequential(nn.ReLU())), images(2, 1, 32)) is None
