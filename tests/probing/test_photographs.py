from __future__ import annotations

import sys

import pytest
import torch

import vizkit
from vizkit.networks.network import Network
from vizkit.probing import photographs
from vizkit.probing.photographs import Photographs
from vizkit.receptive_fields import view_images
from vizkit.transforms import transform


@pytest.fixture
def network() -> Network:
    return vizkit.load("squeezenet1_1@random")


def test_ten_photographs_one_at_a_time_and_again(network: Network) -> None:
    found = Photographs(network)
    images = list(found)
    assert len(images) == len(found) == len(found.names) == 10
    assert found.names[-2:] == ("china", "flower")
    for image in images:
        assert image.shape == (1, 3, 224, 224)
        assert 0 <= float(image.min()) < float(image.max()) <= 1
        assert float(image.std()) > 0.05
    assert all(torch.equal(*pair) for pair in zip(images, found, strict=True))
    assert torch.equal(torch.cat(images[:8]), view_images(network))


def test_a_margin_for_crop_shifts(network: Network) -> None:
    image = next(iter(Photographs(network, (256, 256))))
    assert transform("crop_x").apply(image, 5).shape == (1, 3, 224, 224)


def test_without_scikit_learn_there_are_eight(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert len(list(Photographs(network))) == 8


def test_gray_networks_see_gray_photographs() -> None:
    images = list(Photographs(vizkit.load("lenet5@random")))
    assert {tuple(image.shape) for image in images} == {(1, 1, *images[0].shape[2:])}
