"""The weights that come through a package index, as published."""

from __future__ import annotations

import pytest
import torch
from skimage import data

import vizkit
from vizkit.errors import WeightsNotFoundError

pytestmark = pytest.mark.weights


def obtained(source: str) -> vizkit.Network:
    try:
        return vizkit.load(source)
    except WeightsNotFoundError as error:
        pytest.skip(f"{source} cannot be had here: {error}")


@pytest.mark.parametrize(
    ("photo", "classes"),
    [
        ("chelsea", {"tabby", "tiger cat", "Egyptian cat"}),
        ("coffee", {"espresso", "cup", "coffee mug"}),
        ("rocket", {"missile", "projectile"}),
    ],
)
def test_efficientnet_lite0_names_photographs(photo: str, classes: set[str]) -> None:
    network = obtained("efficientnet_lite0@imagenet")
    assert network.classes is not None
    with torch.no_grad():
        probabilities = network(network.prepare(getattr(data, photo)())).softmax(1)[0]
    best = [network.classes[i] for i in probabilities.topk(2).indices.tolist()]
    assert best[0] in classes, best
    assert probabilities[[network.classes.index(name) for name in classes]].sum() > 0.5


def test_the_edge_detectors_trunk_finds_the_filters_that_vgg16_is_known_for() -> None:
    network = obtained("vgg16@hed")
    assert network.weights.sha256.startswith("54dc72ff")
    image = network.prepare(data.chelsea())
    maps: dict[int, torch.Tensor] = {}
    out = network.preprocessing(image)
    with torch.no_grad():
        for place, module in enumerate(network.module.features):
            out = module(out)
            maps[place] = out.clone()
    # Trained filters keep the scale of natural images through all 13 convolutions, and most
    # channels of each answer somewhere.
    for place in (1, 6, 13, 20, 27):
        answering = (maps[place].amax((0, 2, 3)) > 0).float().mean()
        assert answering > 0.5, f"features.{place}: {answering}"
    # An image of one color has edges at its border alone.
    flat = torch.full((1, 3, 96, 96), 0.5)
    with torch.no_grad():
        inner = network.module.features[:4](network.preprocessing(flat))[..., 8:-8, 8:-8]
    assert inner.std((2, 3)).max() < 1e-3


def test_blue_and_red_are_not_exchanged_in_the_trunk() -> None:
    network = obtained("vgg16@hed")
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 1
    # Caffe's order: blue first, then green, then red.
    expected = torch.tensor([-104.00699, -116.66877, 255 - 122.67892])
    torch.testing.assert_close(network.preprocessing(red)[0, :, 0, 0], expected)
