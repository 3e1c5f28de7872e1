"""Units: names for people and for seeds, and the one way from an address to a unit."""

from __future__ import annotations

import pickle

import pytest
from torch import nn

import vizkit
from tests.units import unit_of
from vizkit.address import parse_address
from vizkit.errors import AddressError, UnitNotFoundError, UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.units import find_all
from vizkit.unit import Direction, Unit

CONV = LayerInfo("features.21", ("conv4_3",), "Conv2d", 512, (512, 28, 28), activation="relu")


@pytest.fixture(scope="module")
def lenet() -> vizkit.Network:
    return vizkit.load("lenet5@random")


def test_people_read_the_public_name_and_seeds_the_module_path() -> None:
    unit = Unit("vgg16@hed", CONV, 12, (7, 8))
    assert unit.address == str(unit) == "vgg16@hed/conv4_3:12@7,8"
    assert unit.key == "vgg16@hed/features.21:12@7,8"
    assert (unit.name, unit.place) == ("conv4_3:12@7,8", "12@7,8")


def test_an_address_of_a_unit_names_it_again(lenet: vizkit.Network) -> None:
    for text in ("c3:2", "c3:2@1,3", "logits:7"):
        unit = lenet.unit(text)
        assert lenet.unit(unit.address) == lenet.unit(unit.key) == lenet.unit(unit) == unit
        assert lenet.unit(parse_address(unit.address)) == unit


def test_layers_with_names_that_end_an_address_are_escaped() -> None:
    module = nn.Sequential()
    module.add_module('a:b@"c', nn.Conv2d(1, 2, 3))
    gray = vizkit.Preprocessing((0.5,), (0.5,), (9, 9))
    network = vizkit.load(module, preprocessing=gray, name="net")
    unit = Unit(network.source, network.layers[0], 1)
    assert network.unit(unit.address) == unit


def test_equal_directions_share_random_numbers_whatever_their_label() -> None:
    first = Direction("net@own", CONV, (0.5, -1.0), "pca-2/0")
    again = Direction("net@own", CONV, (0.5, -1.0), "nmf-2/1")
    other = Direction("net@own", CONV, (0.5, 1.0), "pca-2/0")
    assert first.key == again.key != other.key
    assert first.address == "net@own/conv4_3:pca-2/0"
    assert first.at((1, 2)).address.endswith("@1,2")


def test_units_can_be_stored(lenet: vizkit.Network) -> None:
    unit = lenet.unit("c3:2@1,3")
    assert pickle.loads(pickle.dumps(unit)) == unit


def test_units_of_another_network_are_refused(lenet: vizkit.Network) -> None:
    for named in ("vgg16@hed/conv1_1:0", unit_of("vgg16@hed/conv1_1:0")):
        with pytest.raises(UsageError, match=r"is not an address in lenet5@random.*\n.*load\("):
            lenet.units(named)
    with pytest.raises(UsageError, match="names 2 units"):
        lenet.unit("c3:0-1")
    with pytest.raises(AddressError):
        lenet.unit("c3")
    with pytest.raises(UnitNotFoundError):
        lenet.unit("c3:99")


def test_each_network_of_a_request_is_loaded_once(lenet: vizkit.Network) -> None:
    loaded: list[str] = []

    def load(source: str) -> vizkit.Network:
        loaded.append(source)
        return lenet

    pairs = find_all(["lenet5/c1:0-1", "lenet5@random/c3:0"], None, load)
    assert loaded == ["lenet5"]
    assert [unit.address for _, unit in pairs] == [
        *("lenet5@random/c1:0", "lenet5@random/c1:1", "lenet5@random/c3:0")
    ]
    assert find_all([], lenet, load) == []


def test_a_unit_shows_itself_in_one_line_and_is_stored_whole() -> None:
    unit = vizkit.load("lenet5@random").unit("c3:1")
    assert repr(unit) == "<Unit lenet5@random/c3:1>"
    assert pickle.loads(pickle.dumps(unit)) == unit
