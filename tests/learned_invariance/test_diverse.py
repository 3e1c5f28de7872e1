"""Pictures that drive one unit and differ."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

import vizkit
from tests.learned_invariance.cells import SIDE, complex_cell, gabor
from vizkit.errors import RenderError, UsageError
from vizkit.learned_invariance import Diverse, diverse

RECIPE = vizkit.Recipe(steps=60, views="", pad=0)
"""The cell sees the whole image, so that a moved one is another one."""


@pytest.fixture(scope="module")
def found() -> Diverse:
    return diverse(complex_cell(), "cell:0", count=4, recipe=RECIPE, size=SIDE)


def test_all_keep_their_share_of_the_best_measured_clean(found: Diverse) -> None:
    seen = (found.images - 0.5).flatten(1)
    filters = torch.stack([gabor(0).flatten(), gabor(math.pi / 2).flatten()])
    torch.testing.assert_close(
        found.response, (seen @ filters.T).square().sum(1), rtol=1e-4, atol=0
    )
    assert found.kept.all() and (found.share >= 0.8).all() and (found.share <= 1).all()
    assert found.independent_share.amax() <= 1
    assert max(*(each.final for each in found.independent), *found.response.tolist()) == found.best


def test_they_are_farther_apart_than_independent_ones(found: Diverse) -> None:
    assert found.gain > 1.1
    for table in (found.distances, found.independent_distances):
        assert torch.equal(table, table.T) and (table.diagonal() == 0).all()
        assert table.shape == (4, 4)


def test_behind_the_filters_phases_are_spread_over_the_circle() -> None:
    longer = replace(RECIPE, steps=120)
    options = {"space": "filters", "recipe": longer, "size": SIDE}
    found = diverse(complex_cell(), "cell:0", count=4, **options)
    assert found.kept.all()
    seen = (found.images - 0.5).flatten(1)
    phases = torch.atan2(seen @ gabor(math.pi / 2).flatten(), seen @ gabor(0).flatten())
    ordered = phases.sort().values
    gaps = torch.cat([ordered.diff(), ordered[:1] + 2 * math.pi - ordered[-1:]])
    # The farthest apart that four points on a circle can be is a square.
    torch.testing.assert_close(gaps, torch.full((4,), math.pi / 2), atol=0.02, rtol=0)


def test_the_same_seed_gives_the_same_pictures(found: Diverse) -> None:
    again = diverse(complex_cell(), "cell:0", count=4, recipe=RECIPE, size=SIDE)
    assert torch.equal(found.images, again.images)
    first = vizkit.render(complex_cell(), "cell:0", recipe=RECIPE, size=SIDE, block_size=4)
    assert torch.equal(first[0].image, found.independent[0].image)


def test_they_can_differ_in_an_earlier_layer() -> None:
    apart = diverse(complex_cell(), "cell:0", count=3, space="filters", recipe=RECIPE, size=SIDE)
    net = complex_cell()
    with torch.no_grad(), vizkit.capture(net, ["filters"]) as acts:
        net(apart.images)
        points = acts["filters"].flatten(1)
    expected = torch.cdist(points, points) / points.shape[1] ** 0.5
    torch.testing.assert_close(apart.distances, expected, atol=1e-3, rtol=1e-3)
    assert apart.kept.all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 1}, "count=1 is out of range"),
        ({"enough": 1.5}, "enough=1.5 is not a share"),
        ({"space": "cell"}, "does not come before"),
    ],
)
def test_mistakes_are_named(options, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        diverse(complex_cell(), "cell:0", **options)


def test_a_unit_that_nothing_drives_is_named() -> None:
    net = complex_cell()
    with torch.no_grad():
        net.module.get_submodule("filters").weight.zero_()
    quick = vizkit.Recipe(steps=2, rescues=0, pad=0)
    with pytest.raises(RenderError, match="no positive response"):
        diverse(net, "cell:0", count=2, recipe=quick, size=SIDE)


def test_the_network_stays_as_it_was() -> None:
    net = complex_cell()
    net.module.train()
    before = {name: each.clone() for name, each in net.module.state_dict().items()}
    diverse(net, "cell:0", count=2, recipe=vizkit.Recipe(steps=3, pad=0), size=SIDE)
    assert net.module.training
    assert all(torch.equal(each, before[name]) for name, each in net.module.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in net.module.parameters())
    assert not any(isinstance(m, nn.Module) and m._forward_hooks for m in net.module.modules())
