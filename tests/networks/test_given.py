"""What a verb was given: a network by name, at hand or bare; units behind it or whole addresses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vizkit.errors import UsageError
from vizkit.networks.given import given_network, given_unit, given_units
from vizkit.networks.load import load


def test_a_name_and_what_load_returned_are_the_same_network() -> None:
    network = load("lenet5")
    assert given_network(network) is network
    assert given_network("lenet5").source == network.source


def test_a_bare_module_sees_images_as_they_are_and_the_user_is_told() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3))
    with pytest.warns(UserWarning, match=r"Sequential gets images in \[0, 1\] as they are"):
        network = given_network(module)
    images = torch.rand(2, 1, 8, 8)
    assert network.module is module
    assert torch.equal(network.preprocessing(images), images)


def test_what_is_no_network_is_said() -> None:
    with pytest.raises(UsageError, match=r"7 was given as a network.*\n.*vizkit\.load"):
        given_network(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        ("lenet5", "c3:2"),
        ("lenet5", ["c3:2"]),
        ("lenet5@digits/c3:2",),
        ("lenet5/c3:2",),
        (["lenet5/c3:2"],),
        ("lenet5", "lenet5/c3:2"),
    ],
)
def test_a_unit_is_found_by_its_address_or_within_its_network(given: tuple[str, ...]) -> None:
    assert [str(unit) for _, unit in given_units(*given)] == ["lenet5@digits/c3:2"]


@pytest.mark.parametrize("network", ["lenet5", "timm", load("lenet5")])
def test_a_network_alone_says_what_to_type(network: object) -> None:
    with pytest.raises(UsageError, match=r"without any of its units.*\n.*'conv4_3:0-7'"):
        given_units(network)  # type: ignore[arg-type]


def test_no_units_are_refused() -> None:
    with pytest.raises(UsageError, match="no units were given"):
        given_units("lenet5", [])


def test_one_unit_is_one_unit() -> None:
    network, unit = given_unit("lenet5/c3:2@1,1")
    assert (network.source, str(unit)) == ("lenet5@digits", "lenet5@digits/c3:2@1,1")
    with pytest.raises(UsageError, match=r"'c3:0-1' names 2 units"):
        given_unit(network, "c3:0-1")
