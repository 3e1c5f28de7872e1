"""Random networks: what the calculation says of every unit, against trying every pixel."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings

from tests.receptive_fields.propagation.agreement import (
    assert_agrees_with_every_pixel,
    assert_between_both_oracles,
)
from tests.receptive_fields.propagation.random_networks import IMAGE, RandomNetwork, networks

_OFTEN = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


_EVEN = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


@_EVEN
@settings(_OFTEN, max_examples=60)
@given(networks())
def test_fields_of_random_networks(network: RandomNetwork) -> None:
    _check(network)


@_EVEN
@pytest.mark.slow
@pytest.mark.timeout(3000)
@settings(_OFTEN, max_examples=600)
@given(networks(most=12))
def test_fields_of_many_random_networks(network: RandomNetwork) -> None:
    _check(network)


def _check(network: RandomNetwork) -> None:
    image = torch.rand(IMAGE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    if network.resizes:
        assert_between_both_oracles(network, image)
    else:
        assert_agrees_with_every_pixel(network, image)
