"""Sizes, strides and paddings that are published, or derived by hand, for known networks."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizkit.receptive_fields import ReceptiveFields, receptive_field

# Layer: size, effective stride, effective padding.
NUMBERS: dict[str, dict[str, tuple[int, int, int]]] = {
    "alexnet": {
        "features.0": (11, 4, 2),
        "features.2": (19, 8, 2),
        "features.3": (51, 8, 18),
        "features.5": (67, 16, 18),
        "features.6": (99, 16, 34),
        "features.8": (131, 16, 50),
        "features.10": (163, 16, 66),
        "features.12": (195, 32, 66),
    },
    "vgg16": {
        "features.0": (3, 1, 1),
        "features.2": (5, 1, 2),
        "features.4": (6, 2, 2),
        "features.5": (10, 2, 4),
        "features.7": (14, 2, 6),
        "features.9": (16, 4, 6),
        "features.10": (24, 4, 10),
        "features.12": (32, 4, 14),
        "features.14": (40, 4, 18),
        "features.16": (44, 8, 18),
        "features.17": (60, 8, 26),
        "features.19": (76, 8, 34),
        "features.21": (92, 8, 42),
        "features.23": (100, 16, 42),
        "features.24": (132, 16, 58),
        "features.26": (164, 16, 74),
        "features.28": (196, 16, 90),
        "features.30": (212, 32, 90),
    },
    "googlenet": {
        "conv1": (7, 2, 3),
        "maxpool1": (11, 4, 3),
        "conv3": (19, 4, 7),
        "maxpool2": (27, 8, 7),
        "inception3a": (43, 8, 15),
        "inception3b": (59, 8, 23),
        "maxpool3": (75, 16, 23),
        "inception4a": (107, 16, 39),
        "inception4b": (139, 16, 55),
        "inception4c": (171, 16, 71),
        "inception4d": (203, 16, 87),
        "inception4e": (235, 16, 103),
        "maxpool4": (251, 32, 103),
        "inception5a": (315, 32, 135),
        "inception5b": (379, 32, 167),
    },
    "resnet18": {
        "conv1": (7, 2, 3),
        "maxpool": (11, 4, 5),
        "layer1": (43, 4, 21),
        "layer2": (99, 8, 49),
        "layer3": (211, 16, 105),
        "layer4": (435, 32, 217),
    },
    "resnet50": {
        "layer1": (35, 4, 17),
        "layer2": (91, 8, 45),
        "layer3": (267, 16, 133),
        "layer4": (427, 32, 213),
    },
}


@pytest.fixture(scope="module")
def known() -> dict[str, ReceptiveFields]:
    return {name: receptive_field(name) for name in NUMBERS}


@pytest.mark.parametrize("network", NUMBERS)
def test_published_networks(network: str, known: dict[str, ReceptiveFields]) -> None:
    for layer, (size, stride, padding) in NUMBERS[network].items():
        row = known[network][layer]
        assert row.size == (size, size), layer
        assert row.stride == (stride, stride), layer
        assert row.padding == (padding, padding), layer
        assert row.center == (((size - 1) / 2 - padding),) * 2
        assert row.status == "exact"


def test_channels_of_inception_blocks_see_patches_of_different_sizes(
    known: dict[str, ReceptiveFields],
) -> None:
    expected = {
        "inception3a": {27: 64, 43: 192},
        "inception3b": {43: 128, 59: 352},
        "inception4a": {75: 192, 107: 320},
    }
    for layer, counts in expected.items():
        groups = known["googlenet"][layer].groups
        assert {group.size: len(group.channels) for group in groups} == {
            (size, size): count for size, count in counts.items()
        }
    # The branches of 1 x 1 convolutions and the ones behind them, in the order of the block.
    assert [str(group) for group in known["googlenet"]["inception3a"].groups] == ["0-63", "64-255"]


# First and last interior unit of each axis at 224 x 224.
INTERIOR = {
    "alexnet": {
        "features.2": (1, 25),
        "features.3": (3, 23),
        "features.6": (3, 9),
        "features.8": (4, 8),
        "features.10": (5, 7),
        "features.12": None,
    },
    "vgg16": {
        "features.16": (3, 24),
        "features.21": (6, 21),
        "features.23": (3, 10),
        "features.28": (6, 7),
        "features.30": (3, 3),
    },
}


@pytest.mark.parametrize("network", INTERIOR)
def test_interior_units(network: str, known: dict[str, ReceptiveFields]) -> None:
    for layer, units in INTERIOR[network].items():
        row = known[network][layer]
        assert row.interior == (units, units), layer
        size, stride, padding = NUMBERS[network].get(layer, (0, 0, 0))
        if size:
            first = math.ceil(padding / stride)
            last = (224 - size + padding) // stride
            assert units == ((first, last) if first <= last else None)


def test_units_of_inception_v3_that_are_not_square() -> None:
    sizes = {row.size for row in receptive_field("inception_v3")}
    assert {(543, 447), (447, 543)} & sizes


@pytest.mark.parametrize("padding", [0, 2])
def test_lenet5(padding: int) -> None:
    c1, c3 = nn.Conv2d(1, 6, 5, padding=padding), nn.Conv2d(6, 16, 5)
    net = nn.Sequential(c1, nn.AvgPool2d(2), c3, nn.AvgPool2d(2), nn.Conv2d(16, 120, 5))
    fields = receptive_field(net, (1, 32 - 2 * padding, 32 - 2 * padding))
    rows = [(*fields[str(i)].size, *fields[str(i)].stride) for i in range(5)]
    assert rows == [(r, r, s, s) for r, s in [(5, 1), (6, 2), (14, 2), (16, 4), (32, 4)]]
    assert {fields[str(i)].padding for i in range(5)} == {(padding, padding)}


class PaperInception(nn.Module):
    """An Inception block with the filters of 5 x 5 that the paper describes."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(2, 1, 1)
        self.three = nn.Sequential(nn.Conv2d(2, 1, 1), nn.Conv2d(1, 1, 3, padding=1))
        self.five = nn.Sequential(nn.Conv2d(2, 1, 1), nn.Conv2d(1, 1, 5, padding=2))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(2, 1, 1))
        self.join = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1))


def test_googlenet_as_in_the_paper() -> None:
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 2, 7, 2, 3))
    net.add_module("p1", nn.MaxPool2d(3, 2, ceil_mode=True))
    net.add_module("conv2", nn.Conv2d(2, 2, 3, padding=1))
    net.add_module("p2", nn.MaxPool2d(3, 2, ceil_mode=True))
    for name in ("3a", "3b", "p3", "4a", "4b", "4c", "4d", "4e", "p4", "5a", "5b"):
        block = PaperInception() if name[0] != "p" else nn.MaxPool2d(3, 2, ceil_mode=True)
        net.add_module(name, block)
    fields = receptive_field(net, 224)
    expected = {
        **{"3a": (59, 8, 23), "3b": (91, 8, 39), "p3": (107, 16, 39), "4a": (171, 16, 71)},
        **{"4e": (427, 16, 199), "p4": (459, 32, 199), "5a": (587, 32, 263), "5b": (715, 32, 327)},
    }
    for layer, (size, stride, padding) in expected.items():
        row = fields[layer]
        assert (row.size[0], row.stride[0], row.padding[0]) == (size, stride, padding), layer
    assert [fields[layer].size[0] for layer in ("4b", "4c", "4d")] == [235, 299, 363]


def same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Padding by TensorFlow's rule ``SAME``, which depends on the input's size."""
    pads: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class Toy(nn.Module):
    """Google's toy graph: a convolution and a path of two, added."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.short, self.long = nn.Conv2d(1, 1, 1, 4), nn.Conv2d(1, 1, 3, 2)
        self.behind = nn.Conv2d(1, 1, 1, 2)
        self.top_short, self.top_long = nn.Conv2d(1, 1, 1, 2), nn.Conv2d(1, 1, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "pool":
            y = F.max_pool2d(x, 1, 4)
            y = y + F.max_pool2d(F.max_pool2d(F.pad(x, (1, 0, 1, 0)), 3, 2), 1, 2)
            return y.relu()
        padded = same(x, 3, 2) if self.kind == "same" else F.pad(x, (1, 0, 1, 0))
        y = (self.short(x) + self.behind(self.long(padded))).relu()
        if self.kind == "two":
            y = self.top_short(y) + self.top_long(F.pad(y, (1, 0, 1, 0)))
        return y


@pytest.mark.parametrize(
    ("kind", "side", "expected"),
    [
        ("conv", 8, (3, 4, 1)),
        ("pool", 8, (3, 4, 1)),
        ("same", 9, (3, 4, 1)),
        ("same", 8, (3, 4, 0)),
        ("two", 32, (11, 8, 5)),
    ],
)
def test_toy_graphs(kind: str, side: int, expected: tuple[int, int, int]) -> None:
    row = receptive_field(Toy(kind), (1, side, side))[""]
    assert (row.size, row.stride, row.padding) == tuple((n, n) for n in expected)


def test_paths_of_different_strides_have_no_common_stride() -> None:
    class Toy3(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.strided = nn.Conv2d(1, 1, 5, 2)
            self.plain = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))

        def forward(self, x: Tensor) -> Tensor:
            return (self.strided(F.pad(x, (2, 1, 2, 1))) + self.plain(x)).relu()

    row = receptive_field(Toy3(), (1, 8, 8))[""]
    assert row.stride == row.padding == row.size == (None, None)
    assert row.status == "exact"
    boxes = [row.element(1, (0, 0, 0, i)) for i in range(4)]
    # One path sees i to i + 4, the other 2i - 2 to 2i + 2.
    assert [box[0] for box in boxes] == [(-2, 4), (0, 5), (2, 6), (3, 8)]


def test_kernels_that_are_not_square() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, (3, 5), 2), nn.Conv2d(1, 1, (3, 1), 2))
    row = receptive_field(net, (1, 33, 35))["1"]
    assert (row.size, row.stride, row.padding) == ((7, 5), (4, 4), (0, 0))


@pytest.mark.parametrize(
    ("layers", "size", "stride"),
    [
        ([3, 3, "p"], 6, 2),
        ([3, 3, "p", 3, 3, "p"], 16, 4),
        ([3, 3, "p", 3, 3, "p", 3, 3, "p"], 36, 8),
        ([7, 5, "p", 5], 20, 2),
        ([5, 3, "p", 3, 3, "p", 3, 3], 34, 4),
    ],
)
def test_stacks_without_padding(layers: list[int | str], size: int, stride: int) -> None:
    modules = [nn.AvgPool2d(2) if k == "p" else nn.Conv2d(1, 1, int(k)) for k in layers]
    fields = receptive_field(nn.Sequential(*modules), (1, 96, 96))
    assert fields[""].size == (size, size)
    assert fields[""].stride == (stride, stride)
    if size == 34:
        assert fields[""].shape == (1, 16, 16)


def test_unit_of_alexnet() -> None:
    assert receptive_field("alexnet").unit("features.6", 0, (6, 6)).box == (62, 62, 160, 160)
