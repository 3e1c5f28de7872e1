"""What is no family is not called one."""

import pytest
import torch

import vizkit
from tests.probing.families.banks import gray, network, pattern, unrelated
from vizkit.probing.families.likeness import Joint, shuffled


@pytest.mark.parametrize(
    ("transform", "source"),
    [("rotation", "responses"), ("rotation", "weights"), ("hue", "weights"), ("scale", "weights")],
)
def test_networks_without_families_give_one_in_one_of_twenty_at_most(transform, source):
    # Nothing but p decides: every likeness is allowed. Of 60 networks, 3 are expected to pass and
    # 8 or more do so in less than 1 of 100 simulations.
    passed = 0
    for seed in range(60):
        known = network(unrelated(8, 5, seed))
        images = None
        if source == "responses":
            images = vizkit.probing.families.textures.textures(3, (13, 13), 24, seed)
        found = vizkit.families(
            known,
            "0",
            transform,
            source=source,
            images=images,
            least=1e-6,
            draws=19,
            seed=seed,
        )
        passed += len(found) > 0
    assert passed < 8


def test_random_networks_give_none_by_default():
    for seed in range(5):
        assert not len(vizkit.families(network(unrelated(12, 5, seed)), "0", draws=39))


def test_dead_and_untuned_channels_are_left_out_and_counted():
    filters = gray(torch.stack([pattern(9, angle) for angle in (0.0, 90.0, 180.0, 0.0, 0.0)]))
    filters[3] = 0
    place = torch.arange(9.0) - 4
    distance = (place[:, None] ** 2 + place**2) / 4
    filters[4] = (1 - distance) * torch.exp(-distance)
    found = vizkit.families(network(filters), "0", draws=39)
    assert found.dead == (3,) and found.untuned == (4,) and not found.rare and not found.alone
    assert [set(each.channels) for each in found] == [{0, 1, 2}]


def test_channels_that_hardly_ever_respond_are_left_out():
    filters = gray(torch.stack([pattern(9, angle) for angle in (0.0, 90.0, 180.0)]))
    silent = torch.tensor([0.0, 0.0, -1.0]) * 30
    quiet = vizkit.families(network(filters, silent), "0", draws=39, after_activation=True)
    assert 2 in quiet.dead + quiet.rare and set(quiet[0].channels) == {0, 1}
    # Before the ReLU a bias hides nothing.
    assert set(vizkit.families(network(filters, silent), "0", draws=39)[0].channels) == {0, 1, 2}


def test_duplicates_are_no_family():
    filters = unrelated(6, 5, seed=2)
    filters[3] = filters[0]
    assert not len(vizkit.families(network(filters), "0", draws=39))


def test_shuffling_keeps_each_images_curve_and_nothing_in_common():
    generator = torch.Generator().manual_seed(0)
    curves = torch.rand(200, 12, 1, generator=generator).double().expand(200, 12, 2)
    moved = shuffled(curves, generator)
    assert torch.equal(moved.sort(1).values, curves.sort(1).values)
    before, after = Joint.of(curves, True), Joint.of(moved, True)
    assert before.likeness[0, 0, 1] == pytest.approx(1)
    assert after.likeness[:, 0, 1].max() < 0.2
