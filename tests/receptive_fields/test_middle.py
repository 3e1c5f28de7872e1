"""The middle unit, against looking at every unit's field."""

from __future__ import annotations

from fractions import Fraction

import pytest
from torch import nn

from vizkit.receptive_fields import receptive_field
from vizkit.receptive_fields.middle import middle_of_map, middle_position


def by_search(fields, name: str, channel: int = 0) -> tuple[int, int]:
    """The definition, literally: every unit's box, the nearest center, the lowest index."""
    height, width = fields.layer(name).shape[1:]
    image = [Fraction(side - 1, 2) for side in fields.input_size]
    place = []
    for axis in (0, 1):
        offs = []
        for line in range((height, width)[axis]):
            at = (line, width // 2) if axis == 0 else (height // 2, line)
            box = fields.unit(name, channel, at).box
            offs.append(abs(Fraction(box[axis] + box[2 + axis], 2) - image[axis]))
        place.append(offs.index(min(offs)))
    return place[0], place[1]


@pytest.mark.parametrize(
    ("network", "layers"),
    [
        ("googlenet", ("conv1", "conv2", "inception3a", "inception4a", "inception5b")),
        ("vgg16", ("conv1_1", "conv2_1", "conv3_3", "conv5_3")),
        ("alexnet", ("features.0", "features.12")),
        ("lenet5", ("c1", "c3")),
    ],
)
def test_it_is_the_nearest_of_all_units(network: str, layers: tuple[str, ...]) -> None:
    fields = receptive_field(network)
    for name in layers:
        assert middle_position(fields.layer(name)) == by_search(fields, name), name


@pytest.mark.parametrize("size", [(17, 24), (24, 17), (32, 32)])
def test_strides_padding_and_uneven_images(size: tuple[int, int]) -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 2, 4, stride=2, padding=1),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(2, 2, 3, padding=(0, 2)),
    )
    fields = receptive_field(module, (1, *size))
    for name in ("0", "1", "2", "3"):
        assert middle_position(fields.layer(name)) == by_search(fields, name), name


def test_of_two_that_are_equally_near_it_is_the_lower_one() -> None:
    fields = receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)), (1, 8, 8))
    assert middle_position(fields.layer("0")) == (3, 3)


def test_units_that_all_see_the_same_are_counted_on_the_map() -> None:
    fields = receptive_field(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Upsample((6, 5))), (1, 9, 9))
    assert middle_position(fields.layer("1")) == middle_of_map(6, 5) == (2, 2)


def test_a_field_speaks_of_it_by_default() -> None:
    fields = receptive_field("googlenet")
    assert fields.unit("inception3a").unit.position == (13, 13)


def test_images_of_another_size_have_a_middle_of_their_own() -> None:
    """What reads smaller images goes by the field that was calculated for the usual ones."""
    module = nn.Sequential(nn.Conv2d(1, 1, 4, stride=2, padding=1), nn.Conv2d(1, 1, 3))
    usual, small = (receptive_field(module, (1, *size)).layer("1") for size in ((64, 64), (21, 26)))
    assert middle_position(usual, small.shape[1:], (21, 26)) == middle_position(small)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Upsample((6, 5)))
    whole = receptive_field(pooled, (1, 9, 9)).layer("1")
    assert middle_position(whole, (3, 4), (5, 5)) == (1, 1)
