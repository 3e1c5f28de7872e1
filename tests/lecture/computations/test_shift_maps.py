"""Errors over all shifts, on a network whose arithmetic is exact."""

import torch
from torch import nn

from computations.shift_maps import shift_maps
from tests.nets import plain, seeded
from tests.probing.equivariance.test_measure import bits


def test_phases_of_a_strided_layer():
    conv = seeded(nn.Conv2d(1, 6, 3, 3))
    found = shift_maps(
        plain(nn.Sequential(conv), 48),
        "0",
        range(-3, 4),
        range(-3, 4),
        bits(3, 1, 60, 60),
        input_size=(48, 48),
    )
    phases = found.phases("0")
    assert phases.shape == (3, 3) and phases[0, 0] == 0
    assert (phases.flatten()[1:] > 0).all()
    assert found.total("0")[3, 3] == 0 == found.interior("0")[0, 6]
    split = found.layers["0"].split
    assert torch.equal(split.rest, torch.zeros(49, dtype=torch.float64)) and split.separable.all()
