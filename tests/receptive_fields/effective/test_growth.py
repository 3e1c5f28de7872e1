"""Growth of fields with depth."""

from __future__ import annotations

import math

import pytest
from torch import nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Preprocessing
from vizkit.errors import UsageError
from vizkit.receptive_fields import growth
from vizkit.receptive_fields.effective.growth import loglog_slope


def test_random_chains_grow_like_the_null_model():
    module = nn.Sequential(*(nn.Conv2d(3 if n == 0 else 8, 8, 3, padding=1) for n in range(8)))
    network = wrap(nets.seeded(module), Preprocessing((0.5,) * 3, (0.3,) * 3, (33, 33)))
    images = nets.images(48, size=33)
    found = growth(network, ["7", "1", "3"], images=images)
    assert [each.layer for each in found.layers] == ["1", "3", "7"]
    assert [each.theory for each in found.layers] == [5, 9, 17]
    for each, depth in zip(found.layers, (2, 4, 8), strict=True):
        assert each.null.sigma[0] == pytest.approx((2 * depth / 3) ** 0.5, abs=1e-10)
        assert each.effective.sigma == pytest.approx(each.null.sigma, rel=0.15)
        assert each.whole
    points = [(each.theory, each.null.mass(0.95)) for each in found.layers]
    assert found.null_slope == pytest.approx(loglog_slope(points))


def test_fields_that_the_border_cuts_off_have_no_say_in_the_slope():
    module = nn.Sequential(*(nn.Conv2d(3, 3, 5, padding=2) for _ in range(3)))
    network = wrap(nets.seeded(module), Preprocessing((0.5,) * 3, (0.3,) * 3, (9, 9)))
    found = growth(network, images=nets.images(2, size=9))
    assert [each.whole for each in found.layers] == [True, True, False]
    assert [each.theory for each in found.layers] == [5, 9, 13]
    assert math.isfinite(found.slope)
    assert math.isnan(growth(network, ["0"], images=nets.images(1, size=9)).slope)


def test_plain_data_and_the_badge():
    found = growth(vizkit.load("lenet5@random"), ["c1"], images="noise")
    assert (found.network, found.random, found.input_size) == ("lenet5@random", True, (32, 32))
    row = found.layers[0].as_dict()
    assert (row["layer"], row["field"], row["visible"], row["null_inside"]) == ("c1", [5, 5], 1, 1)


def test_no_layers():
    with pytest.raises(UsageError, match=r"no layers of lenet5 were given"):
        growth(vizkit.load("lenet5@random"), [])
