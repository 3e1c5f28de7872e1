"""Depth, costs and fields of the architectures against arithmetic from their papers' tables."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

import vizkit
from computations.blocks import Block, blocks, numbers
from diagrams.architectures import architectures
from diagrams.planes import planes
from vizkit.errors import UsageError
from vizkit.networks.architectures.lenet5 import digit_codes

Layers = list[tuple[int, int, int, int]]
"""Kernel, inputs, outputs and side of the output, for each convolution."""

ALEXNET: Layers = [
    *((11, 3, 64, 55), (5, 64, 192, 27), (3, 192, 384, 13), (3, 384, 256, 13), (3, 256, 256, 13)),
    *((1, 256 * 36, 4096, 1), (1, 4096, 4096, 1), (1, 4096, 1000, 1)),
]
VGG16: Layers = [
    *((3, 3, 64, 224), (3, 64, 64, 224), (3, 64, 128, 112), (3, 128, 128, 112)),
    *((3, 128, 256, 56), (3, 256, 256, 56), (3, 256, 256, 56), (3, 256, 512, 28)),
    *((3, 512, 512, 28), (3, 512, 512, 28), *((3, 512, 512, 14),) * 3),
    *((1, 512 * 49, 4096, 1), (1, 4096, 4096, 1), (1, 4096, 1000, 1)),
]


def costs(layers: Layers) -> tuple[int, int]:
    """Parameters with biases, and multiply-adds."""
    parameters = sum(k * k * d * n + n for k, d, n, _ in layers)
    return parameters, sum(k * k * d * n * side * side for k, d, n, side in layers)


def resnet50() -> tuple[int, int]:
    """Parameters (two of a BatchNorm per channel, no biases but the last) and multiply-adds."""
    layers: Layers = [(7, 3, 64, 112)]
    inputs, side_before = 64, 56
    for count, width, side in ((3, 64, 56), (4, 128, 28), (6, 256, 14), (3, 512, 7)):
        for number in range(count):
            reduced = side_before if number == 0 else side  # its stride is in the 3 x 3 filter
            layers += [(1, inputs, width, reduced), (3, width, width, side)]
            layers.append((1, width, 4 * width, side))
            if number == 0:
                layers.append((1, inputs, 4 * width, side))
            inputs = 4 * width
        side_before = side
    parameters = sum(k * k * d * n + 2 * n for k, d, n, _ in layers) + 2048 * 1000 + 1000
    return parameters, costs(layers)[1] + 2048 * 1000


def seen(steps: list[tuple[int, int]]) -> int:
    """Receptive field of a chain of (kernel, stride), by r' = r + (k - 1) j."""
    side, jump = 1, 1
    for kernel, stride in steps:
        side += (kernel - 1) * jump
        jump *= stride
    return side


POOL = (2, 2)
CHAINS = {
    "lenet5": [(5, 1), POOL, (5, 1), POOL, (5, 1)],
    "alexnet": [(11, 4), (3, 2), (5, 1), (3, 2), *[(3, 1)] * 3],
    "vgg16": [
        *((3, 1), (3, 1), POOL, (3, 1), (3, 1), POOL, *((3, 1),) * 3),
        *(POOL, *((3, 1),) * 3, POOL, *((3, 1),) * 3),
    ],
    "googlenet_paper": [
        *((7, 2), (3, 2), (3, 1), (3, 2), (5, 1), (5, 1), (3, 2)),
        *(*((5, 1),) * 5, (3, 2), (5, 1), (5, 1)),
    ],
    "googlenet": [
        *((7, 2), (3, 2), (3, 1), (3, 2), (3, 1), (3, 1), (3, 2)),
        *(*((3, 1),) * 5, POOL, (3, 1), (3, 1)),
    ],
    "resnet18": [(7, 2), (3, 2), *[(3, 1)] * 4, *[(3, 2), *[(3, 1)] * 3] * 3],
    "resnet50": [
        *((7, 2), (3, 2), *((3, 1),) * 3, (3, 2), *((3, 1),) * 3),
        *((3, 2), *((3, 1),) * 5, (3, 2), *((3, 1),) * 2),
    ],
}
DEPTHS = {
    **{"lenet5": 5, "alexnet": 8, "vgg16": 16, "googlenet_paper": 22, "googlenet": 22},
    **{"resnet18": 18, "resnet50": 50},
}


@pytest.fixture(scope="module")
def fields() -> dict[str, vizkit.receptive_fields.ReceptiveFields]:
    return {name: vizkit.receptive_field(name) for name in CHAINS}


@pytest.mark.parametrize("name", CHAINS)
def test_depths_and_fields(name, fields) -> None:
    of = numbers(fields[name])
    assert of.depth == DEPTHS[name]
    assert of.field == seen(CHAINS[name])


def test_costs_from_the_tables_of_the_papers(fields) -> None:
    expected = {"alexnet": costs(ALEXNET), "vgg16": costs(VGG16), "resnet50": resnet50()}
    for name, (parameters, multiply_adds) in expected.items():
        of = numbers(fields[name])
        assert (of.parameters, of.multiply_adds) == (parameters, multiply_adds), name
    assert [round(expected[name][0] / 1e6, 1) for name in expected] == [61.1, 138.4, 25.6]
    assert round(expected["vgg16"][1] / 1e9, 1) == 15.5
    # LeNet-5: the connections of its paper without biases and subsampling.
    lenet = numbers(fields["lenet5"])
    weights = 6 * 25 * 784 + 60 * 25 * 100 + 120 * 400 + 120 * 84 + 84 * 10
    assert (lenet.parameters, lenet.multiply_adds) == (60_000, weights)


@pytest.mark.parametrize("name", ["googlenet", "resnet18"])
def test_costs_that_torchvision_publishes(name, fields) -> None:
    (weights,) = list(torchvision.models.get_model_weights(name))[:1]
    of = numbers(fields[name])
    assert round(of.multiply_adds / 1e9, 2) == pytest.approx(weights.meta["_ops"], abs=0.006)
    assert of.parameters == weights.meta["num_params"]


def test_blocks_are_the_networks_own(fields) -> None:
    kinds = [each.kind for each in blocks(fields["resnet50"])]
    assert kinds.count("residual block") == 3 + 4 + 6 + 3
    kinds = [each.kind for each in blocks(fields["googlenet_paper"])]
    assert kinds.count("branches, joined") == 9
    vgg = blocks(fields["vgg16"])
    assert [each.kind for each in vgg].count("convolution") == 13
    assert (vgg[0], vgg[-1]) == (
        Block("image", 3, 224, 224),
        Block("fully connected", 1000, 1, 1),
    )
    planes = [(each.channels, each.height) for each in blocks(fields["lenet5"])[1:7]]
    assert planes == [(6, 28), (6, 14), (16, 10), (16, 5), (120, 1), (84, 1)]
    assert {each.kind for each in blocks(fields["lenet5"])[1:6:2]} == {"convolution"}


def corners(patch) -> torch.Tensor:
    return torch.tensor(patch.get_xy())


def test_volumes_are_drawn_to_one_scale(fields) -> None:
    shown = {"LeNet-5": fields["lenet5"], "VGG16": fields["vgg16"]}
    (axes,) = architectures(shown, {"VGG16": "2014"}).axes
    boxes = [patch for patch in axes.patches if patch.__class__.__name__ == "Polygon"]
    fronts = [corners(each) for each in boxes[::3]]
    drawn = [each for found in shown.values() for each in blocks(found)]
    assert len(fronts) == len(drawn)
    wide, tall = ([float(c[:, i].max() - c[:, i].min()) for c in fronts] for i in (0, 1))
    for sides, counts in ((tall, "height"), (wide, "channels")):
        roots = [math.sqrt(getattr(each, counts)) for each in drawn]
        assert sides == pytest.approx([sides[0] / roots[0] * root for root in roots])
    words = {text.get_text() for text in axes.texts}
    assert {"VGG16", "2014", "138 M", "15.5 G", "196 px", "16", "4096", "56"} <= words
    with pytest.raises(UsageError, match="nothing to draw"):
        architectures({})


def test_no_two_words_overlap(fields) -> None:
    figure = architectures(fields, dict.fromkeys(fields, "Somebody et al., 2014"))
    figure.draw_without_rendering()
    boxes = [(t.get_text(), t.get_window_extent()) for t in figure.axes[0].texts]
    for number, (text, box) in enumerate(boxes):
        for other, another in boxes[number + 1 :]:
            assert not box.overlaps(another), (text, other)


def test_page(printed, tmp_path) -> None:
    out = printed("architectures")
    assert re.search(r"GoogLeNet +22 +6,998,552 +1,582,671,872 +715 ", out)
    assert re.search(r"ResNet-50 +50 +25,557,032 +4,089,184,256 +427 ", out)
    assert "LeNet-5 reads 350 of 360 digits right" in out or "349 of 360" in out
    for name in ("architectures", "architectures_lenet5"):
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.width > 1500


def test_planes_of_lenet5_end_with_a_picture_of_the_digit() -> None:
    network = vizkit.load("lenet5")
    images, classes = vizkit.digits(held_out=True)
    figure = planes(network, images[3], ("c1", "s4", "f6"), vectors=(12, 7))
    image, c1, s4, f6 = (axes.images[0].get_array() for axes in figure.axes)
    assert image.shape == (32, 32)
    # Six maps in three rows of two, with gaps of an eighth; sixteen in four rows of four.
    assert c1.shape == (3 * 28 + 2 * 4, 2 * 28 + 4)
    assert s4.shape == (4 * 5 + 3, 4 * 5 + 3)
    assert f6.shape == (12, 7)
    drawn = torch.as_tensor(np.asarray(f6)).flatten() > 0.5
    differing = (drawn != (digit_codes() > 0)).sum(1)
    assert differing.argmin() == classes[3]
    assert differing.min() <= 2
    with torch.no_grad():
        maps = network.module.c1(network.preprocessing(images[3:4]))[0]
    shades = (maps - maps.min()) / (maps.max() - maps.min())
    np.testing.assert_allclose(c1[:28, :28], shades[0], atol=1e-5)
    np.testing.assert_allclose(c1[:28, 32:], shades[1], atol=1e-5)
    assert [axes.get_title() for axes in figure.axes][1:3] == ["C1\n6 × 28 × 28", "S4\n16 × 5 × 5"]
