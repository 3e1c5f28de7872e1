"""Whatever the images are, what a search costs, what it says and what it refuses."""

import json

import pytest
import torch

import vizkit
from tests.nets import count_hooks, images
from tests.probing.families.banks import gray, network, pattern, unrelated
from vizkit.errors import LayerNotFoundError, NotFoundError, UsageError


@pytest.fixture(scope="module")
def bank():
    return network(gray(torch.stack([pattern(9, angle) for angle in (0.0, 60.0, 180.0)])))


def test_filters_are_those_of_the_image_whatever_the_preprocessing():
    weights = unrelated(4, 3, seed=0)
    found = vizkit.families(network(weights, order=(2, 1, 0)), "0", source="weights", draws=19)
    # The network's first channel is fed from the image's third, and pixels are divided by 0.25.
    expected = weights[:, [2, 1, 0]].double() / 0.25
    assert torch.allclose(found.filters, expected, atol=1e-5)


def test_one_pass_for_each_image_and_value_serves_all_channels(bank):
    batch = images(10, 3, 15)
    found = vizkit.families(bank, "0", images=batch, values=(0, 90, 180, 270), draws=19)
    assert found.passes == 10 * 4 and found.images == 10 and found.values == (0, 90, 180, 270)
    weights = vizkit.families(bank, "0", source="weights", draws=19)
    assert weights.passes == weights.images == 0


def test_nothing_about_the_network_or_the_random_state_changes(bank):
    state = torch.random.get_rng_state()
    before = {name: value.clone() for name, value in bank.module.state_dict().items()}
    vizkit.families(bank, "0", draws=19)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(before[k], v) for k, v in bank.module.state_dict().items())
    assert count_hooks(bank.module) == 0


def test_the_same_seed_gives_the_same_families(bank):
    first, second = (vizkit.families(bank, "0", draws=19, seed=4).as_dict() for _ in range(2))
    assert first == second


def test_plain_data(bank):
    found = vizkit.families(bank, "0", draws=39)
    data = json.loads(json.dumps(found.as_dict()))
    assert data["channels"] == 3 and data["transform"] == "rotation" and data["unit"] == "degrees"
    (family,) = data["families"]
    assert {each["address"] for each in family["members"]} == {
        f"bank@own/0:{channel}" for channel in range(3)
    }


def test_it_says_what_it_is_in_a_line_a_table_and_a_figure(bank):
    told: list[vizkit.Progress] = []
    found = vizkit.families(bank, "0", draws=39, progress=told.append)
    assert repr(found) == "<1 family by rotation among 3 channels of bank@own/0>"
    _, head, *rows = str(found).splitlines()
    assert head.split()[:2] == ["FAMILY", "CHANNEL"] and len(rows) == 3
    assert [int(row.split()[1]) for row in rows] == list(found[0].channels)
    assert sum("reference" in row for row in rows) == 1
    assert found.figure().axes and told[-1].done == told[-1].total == found.images
    none = vizkit.families(network(unrelated(3, 5, seed=0)), "0", draws=19)
    assert "FAMILY" not in str(none) and "\n" not in str(none)
    assert none._repr_html_().startswith("<pre>0 families by rotation among 3 channels")


def test_curves_peak_at_the_members_values(bank):
    (family,) = vizkit.families(bank, "0", draws=39)
    assert family.curves.shape == (3, 24)
    for each, curve in zip(family.members, family.curves, strict=True):
        away = (15 * int(curve.argmax()) - each.value.value + 180) % 360 - 180
        assert abs(away) <= 15


@pytest.mark.parametrize(
    ("changes", "error", "word"),
    [
        ({"transform": "rotate"}, NotFoundError, "rotation"),
        ({"transform": "blur"}, NotFoundError, "hue"),
        ({"layer": "conv9"}, LayerNotFoundError, "conv9"),
        ({"source": "filters"}, UsageError, "weights"),
        ({"values": (0, 10, 20)}, UsageError, "circle"),
        ({"transform": "reflection", "values": (0,)}, UsageError, "reflection"),
        ({"transform": "scale", "values": (1, 2, 3)}, UsageError, "equal factors"),
        ({"draws": 5}, UsageError, "draws"),
        ({"least": 0}, UsageError, "least"),
        ({"images": torch.rand(2, 1, 15, 15)}, UsageError, "B x 3"),
    ],
)
def test_what_cannot_be_meant_is_refused(bank, changes, error, word):
    asked = {"layer": "0", **changes}
    with pytest.raises(error, match=word):
        vizkit.families(bank, **asked)


def test_hue_needs_color():
    with pytest.raises(UsageError, match="color"):
        vizkit.families(network(unrelated(3, 5, 0, channels=1)), "0", "hue")


def test_weights_of_deeper_layers_are_no_filters_of_images():
    with pytest.raises(UsageError, match="first convolution"):
        vizkit.families("lenet5@random", "c3", source="weights")


@pytest.mark.weights
def test_vgg_has_orientations_all_around_and_lines_of_four_orientations():
    known = vizkit.load("vgg16@hed")
    edges = vizkit.families(known, "conv1_1")
    assert len(edges[0]) >= 20 and edges[0].period == 360 and edges.untuned
    values = [each.value.value for each in edges[0].members]
    gaps = [b - a for a, b in zip(values, [*values[1:], values[0] + 360], strict=True)]
    assert max(gaps) < 60
    lines = [each for each in vizkit.families(known, "conv1_2") if each.symmetry == 2]
    assert any(
        [round(each.value.value / 45) for each in family.members] == [0, 1, 2, 3]
        for family in lines
    )
    # Filters that were never trained have no families.
    assert not len(vizkit.families(vizkit.load("vgg16", weights="random"), "conv1_2"))
