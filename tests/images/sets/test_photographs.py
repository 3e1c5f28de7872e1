"""Photographs of installed packages: the eight that most experiments show, the report's ten."""

from __future__ import annotations

import pytest
import torch

import vizkit
from vizkit.networks.network import Network
from vizkit.transforms import transform


@pytest.fixture
def network() -> Network:
    return vizkit.load("squeezenet1_1@random")


def test_ten_photographs_one_at_a_time_and_again(network: Network) -> None:
    found = network.images("all_photographs")
    images = list(found)
    assert len(images) == len(found) == len(found.names) == 10
    assert found.names[-2:] == ("china", "flower")
    for image in images:
        assert image.shape == (1, 3, 224, 224)
        assert 0 <= float(image.min()) < float(image.max()) <= 1
        assert float(image.std()) > 0.05
    assert all(torch.equal(*pair) for pair in zip(images, found, strict=True))
    assert torch.equal(torch.cat(images[:8]), network.images("photographs").tensor())


def test_a_margin_for_crop_shifts(network: Network) -> None:
    image = next(iter(network.images("all_photographs", (256, 256))))
    assert transform("crop_x").apply(image, 5).shape == (1, 3, 224, 224)


def test_gray_networks_see_gray_photographs() -> None:
    images = list(vizkit.load("lenet5@random").images("all_photographs"))
    assert {tuple(image.shape) for image in images} == {(1, 1, *images[0].shape[2:])}


def test_sets_are_pixels_that_scikit_image_and_scikit_learn_bring_along(network: Network) -> None:
    """By hand: the middle of what torchvision's own transforms make of the file's array."""
    from PIL import Image
    from skimage import data
    from sklearn.datasets import load_sample_image
    from torchvision.transforms import v2

    whole = v2.Compose([v2.Resize(256), v2.CenterCrop(224), v2.PILToTensor()])
    ten = network.images("all_photographs")
    for name, array in (
        ("coffee", data.coffee()),
        ("camera", data.camera()),
        ("motorcycle", data.stereo_motorcycle()[0]),
        ("china", load_sample_image("china.jpg")),
    ):
        expected = whole(Image.fromarray(array).convert("RGB"))[None].float() / 255
        assert torch.equal(ten[ten.names.index(name)], expected)
