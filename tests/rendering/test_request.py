"""From addresses to pictures in the order asked."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import GRAY, grating, planted, wrap
from vizkit import Network, Recipe
from vizkit.errors import AddressError, LayerNotFoundError, UnitNotFoundError, UsageError
from vizkit.networks.units import find_all
from vizkit.rendering import Step, UnitsFailedError, plan_units, stream

QUICK = Recipe(steps=2, rescues=0, dtype="float32")


@pytest.fixture(scope="module")
def lenet() -> Network:
    return vizkit.load("lenet5@random")


def addresses(pictures: vizkit.Renders) -> list[str]:
    return [picture.address.partition("/")[2] for picture in pictures]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("c1:3", ["c1:3"]),
        ("c1:3,0-1", ["c1:3", "c1:0", "c1:1"]),
        (["c3:1", "c1:0", "c3:0"], ["c3:1", "c1:0", "c3:0"]),
        (["c1:0", "c1:0"], ["c1:0", "c1:0"]),
        (["c1:0", "c1:0@3,4", "C1:1"], ["c1:0", "c1:0@3,4", "c1:1"]),
        ("lenet5@random/c1:2", ["c1:2"]),
        ([vizkit.parse_address("lenet5/c1:4-5")], ["c1:4", "c1:5"]),
        ('logits:"7"', ["logits:7"]),
    ],
)
def test_pictures_come_in_the_order_asked(lenet: Network, units: Any, expected: list[str]) -> None:
    pictures = vizkit.render(lenet, units, recipe=QUICK)
    assert addresses(pictures) == expected


def test_without_a_network_the_address_names_it() -> None:
    pictures = vizkit.render(["lenet5/c3:1", "lenet5@random/c1:0-1"], recipe=QUICK)
    assert [each.address for each in pictures] == [
        "lenet5@digits/c3:1",
        "lenet5@random/c1:0",
        "lenet5@random/c1:1",
    ]
    with pytest.raises(UsageError, match="no units were given"):
        vizkit.render([], recipe=QUICK)


def test_a_picture_is_the_same_in_whatever_request() -> None:
    """At one block size, which a request of several units may choose larger."""
    net = wrap(planted(grating(7, 2, 30).expand(4, 1, 7, 7)), GRAY)
    options: dict[str, Any] = {"recipe": QUICK, "block_size": 4}
    (one,) = vizkit.render(net, "0:2", **options)
    other = vizkit.render(net, ["0:3", "0:0-2"], **options)[3]
    assert one.address == other.address
    assert bool((one.image == other.image).all())


@pytest.mark.parametrize(
    ("units", "error"),
    [
        ("c9:0", LayerNotFoundError),
        ("c1:6", UnitNotFoundError),
        ("c1:0@28,0", UnitNotFoundError),
        ("logits:0@0,0", UnitNotFoundError),
        ('logits:"cat"', UnitNotFoundError),
        ("vgg16/c1:0", UsageError),
        ("lenet5@digits/c1:0", UsageError),
        ("c1", AddressError),
        (["c1:0", "c1:99"], UnitNotFoundError),
    ],
)
def test_every_mistake_is_found_before_the_first_step(
    lenet: Network, units: Any, error: type[Exception]
) -> None:
    def never(_: object) -> None:
        raise AssertionError("a step was made")

    with pytest.raises(error):
        vizkit.render(lenet, units, recipe=QUICK, progress=never)


def test_blocks_hold_units_of_one_layer_and_kind(lenet: Network) -> None:
    texts = ["c3:0-5", "c1:0", "c3:6-9", "c3:1@2,2"]
    addresses = [vizkit.parse_address(f"lenet5/{text}") for text in texts]
    blocks = plan_units(find_all(addresses, None, lambda _: lenet), block_size=4, recipe=QUICK)
    held = [[str(unit).partition("/")[2] for unit in block.job.units] for block in blocks]
    assert held == [
        ["c3:0", "c3:1", "c3:2", "c3:3"],
        ["c3:4", "c3:5", "c3:6", "c3:7"],
        ["c3:8", "c3:9"],
        ["c1:0"],
        ["c3:1@2,2"],
    ]
    assert sorted(place for block in blocks for place in block.places) == list(range(12))
    assert blocks[-1].job.canvas == lenet.input_size


def test_other_seeds_give_other_pictures(lenet: Network) -> None:
    one, same, other = (
        vizkit.render(lenet, "c1:0", recipe=QUICK, seed=seed)[0] for seed in (5, 5, 6)
    )
    assert bool((one.image == same.image).all())
    assert not bool((one.image == other.image).all())
    assert (one.seed, other.seed) == (5, 6)


class Fussy(nn.Module):
    """Two layers; the second one runs out of memory when it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        if x.requires_grad:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return self.second(x)


def test_finished_pictures_outlive_a_failed_block() -> None:
    net = wrap(nets.seeded(Fussy()))
    units = ["second:1", "first:2", "second:0", "first:0-1"]
    with pytest.raises(UnitsFailedError, match="2 of 5 units failed:\n  planted@own/sec") as caught:
        vizkit.render(net, units, size=16, recipe=QUICK)
    assert addresses(caught.value.finished) == ["first:2", "first:0", "first:1"]
    assert list(caught.value.failed) == ["planted@own/second:1", "planted@own/second:0"]
    alone = vizkit.render(net, "first:2", size=16, recipe=QUICK, block_size=4)[0]
    assert torch.equal(caught.value.finished[0].image, alone.image)


@pytest.mark.parametrize("unit", ["c3:0", "c1:0@9,9"])
def test_what_a_later_block_cannot_take_is_found_before_the_first(
    lenet: Network, unit: str
) -> None:
    def never(_: object) -> None:
        raise AssertionError("a step was made")

    with pytest.raises(UsageError):
        vizkit.render(lenet, ["c1:0", unit], size=8, recipe=QUICK, progress=never)


def test_a_bare_module_is_enough() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
    with pytest.warns(UserWarning, match="gets images in"):
        pictures = vizkit.render(module, "2:0-3", steps=3)
    assert [(picture.unit.name, picture.steps) for picture in pictures] == [
        (f"2:{channel}", 3) for channel in range(4)
    ]


def test_progress_runs_over_all_that_was_asked(lenet: Network) -> None:
    steps: list[Step] = []
    units = ["c3:0-4", "c1:0", "c3:1@2,2"]
    vizkit.render(lenet, units, recipe=QUICK, block_size=4, progress=steps.append)
    shown = [4, 4, 1, 1, 1, 1, 1, 1]
    assert [step.total for step in steps] == [7 * QUICK.steps] * len(shown)
    assert [step.done for step in steps] == list(accumulate(shown))
    assert [step.what.partition("/")[2] for step in steps[::2]] == [
        *("c3:0-3", "c3:4", "c1:0", "c3:1@2,2")
    ]


def test_a_rescue_is_no_progress() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    with torch.no_grad():
        net.module[0].bias.fill_(-1e6)
    steps: list[Step] = []
    recipe = Recipe(steps=2, rescues=1, dtype="float32")
    vizkit.render(net, "0:0-1", size=16, recipe=recipe, block_size=4, progress=steps.append)
    assert [(step.attempt, step.done, step.total) for step in steps] == [
        *((0, 2, 4), (0, 4, 4), (1, 4, 4), (1, 4, 4))
    ]


def test_units_of_several_networks_come_in_the_order_asked(lenet: Network) -> None:
    other = wrap(planted(grating(7, 2, 30).expand(4, 1, 7, 7)), GRAY)
    networks = {"lenet5": lenet, "lenet5@random": lenet, "planted": other}
    loaded: list[str] = []

    def load(source: str) -> Network:
        loaded.append(source)
        return networks[source]

    texts = ["lenet5/c1:0", "planted/0:1-2", "lenet5@random/c1:3", "planted/0:0"]
    units = find_all(texts, None, load)
    assert loaded == ["lenet5", "planted"]
    blocks = plan_units(units, recipe=QUICK, block_size=4)
    found = dict(stream(blocks))
    assert [found[place].address for place in range(5)] == [
        *("lenet5@random/c1:0", "planted@own/0:1", "planted@own/0:2"),
        *("lenet5@random/c1:3", "planted@own/0:0"),
    ]
