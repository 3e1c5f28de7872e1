"""Single operations, whose reads are known index by index, through all oracles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tests.receptive_fields.ground_truth.every_pixel import (
    By,
    gradient_boxes,
    gradient_support,
    influence_mask,
    influences,
    nan_boxes,
    reached_units,
)


class Function(nn.Module):
    """Any function of one tensor."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Transpose(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(2, 3)


def conv(k: int, **options: object) -> nn.Module:
    return nn.Conv2d(1, 1, (1, k), **options)  # type: ignore[arg-type]


def interpolate(size: int, mode: str) -> nn.Module:
    return Function(lambda x: functional.interpolate(x, size=(x.shape[2], size), mode=mode))


def pad_conv(mode: str) -> nn.Module:
    return nn.Sequential(
        Function(lambda x: functional.pad(x, (1, 1, 0, 0), mode=mode)), nn.Conv2d(1, 1, (1, 3))
    )


def max_pool(k: int, s: int, p: int = 0, d: int = 1, ceil: bool = False) -> nn.Module:
    return nn.MaxPool2d((1, k), (1, s), (0, p), (1, d), ceil_mode=ceil)


# Name: network, length of the input, pixels that each output reads along the one axis.
TABLE: dict[str, tuple[Callable[[], nn.Module], int, list[set[int]]]] = {
    "conv 3": (lambda: conv(3), 5, [{0, 1, 2}, {1, 2, 3}, {2, 3, 4}]),
    "conv 3 padded": (lambda: conv(3, padding=(0, 1)), 3, [{0, 1}, {0, 1, 2}, {1, 2}]),
    "conv 2 stride 2": (lambda: conv(2, stride=(1, 2)), 5, [{0, 1}, {2, 3}]),
    "conv 3 dilation 2": (
        lambda: conv(3, dilation=(1, 2)),
        7,
        [{0, 2, 4}, {1, 3, 5}, {2, 4, 6}],
    ),
    "conv 2 same": (lambda: conv(2, padding="same"), 3, [{0, 1}, {1, 2}, {2}]),
    "transposed 4 stride 2": (
        lambda: nn.ConvTranspose2d(1, 1, (1, 4), (1, 2), (0, 1)),
        4,
        [{0}, {0, 1}, {0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}, {3}],
    ),
    "transposed 1 stride 2": (
        lambda: nn.ConvTranspose2d(1, 1, 1, (1, 2)),
        3,
        [{0}, set(), {1}, set(), {2}],
    ),
    "adaptive average 7 to 3": (
        lambda: nn.AdaptiveAvgPool2d((1, 3)),
        7,
        [{0, 1, 2}, {2, 3, 4}, {4, 5, 6}],
    ),
    "adaptive maximum 10 to 4": (
        lambda: nn.AdaptiveMaxPool2d((1, 4)),
        10,
        [{0, 1, 2}, {2, 3, 4}, {5, 6, 7}, {7, 8, 9}],
    ),
    "maximum 3 stride 2 ceil": (
        lambda: max_pool(3, 2, ceil=True),
        8,
        [{0, 1, 2}, {2, 3, 4}, {4, 5, 6}, {6, 7}],
    ),
    "maximum 3 stride 2 floor": (lambda: max_pool(3, 2), 8, [{0, 1, 2}, {2, 3, 4}, {4, 5, 6}]),
    "maximum 3 stride 2 padded ceil": (
        lambda: max_pool(3, 2, 1, ceil=True),
        7,
        [{0, 1}, {1, 2, 3}, {3, 4, 5}, {5, 6}],
    ),
    "maximum 2 stride 2 ceil": (lambda: max_pool(2, 2, ceil=True), 5, [{0, 1}, {2, 3}, {4}]),
    "maximum 3 dilation 2": (
        lambda: max_pool(3, 1, d=2),
        7,
        [{0, 2, 4}, {1, 3, 5}, {2, 4, 6}],
    ),
    "average 3 stride 2 padded ceil": (
        lambda: nn.AvgPool2d((1, 3), (1, 2), (0, 1), ceil_mode=True),
        6,
        [{0, 1}, {1, 2, 3}, {3, 4, 5}, {5}],
    ),
    "nearest 3 to 7": (
        lambda: interpolate(7, "nearest"),
        3,
        [{0}, {0}, {0}, {1}, {1}, {2}, {2}],
    ),
    "circular": (
        lambda: pad_conv("circular"),
        5,
        [{4, 0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 0}],
    ),
    "reflect": (
        lambda: pad_conv("reflect"),
        5,
        [{0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4}],
    ),
    "replicate": (lambda: pad_conv("replicate"), 3, [{0, 1}, {0, 1, 2}, {1, 2}]),
    "flip": (lambda: Function(lambda x: x.flip(3)), 3, [{2}, {1}, {0}]),
    "roll": (lambda: Function(lambda x: x.roll(1, 3)), 3, [{2}, {0}, {1}]),
    "every second": (lambda: Function(lambda x: x[..., 1::2]), 5, [{1}, {3}]),
    "global": (lambda: nn.AdaptiveAvgPool2d(1), 3, [{0, 1, 2}]),
    "maximum over all": (lambda: Function(lambda x: x.amax((2, 3), keepdim=True)), 2, [{0, 1}]),
    "maximum over an axis": (
        lambda: Function(lambda x: x.max(3, keepdim=True)[0]),
        2,
        [{0, 1}],
    ),
    "softmax": (lambda: nn.Softmax(3), 3, [{0, 1, 2}] * 3),
    "layer normalization": (lambda: nn.LayerNorm(3), 3, [{0, 1, 2}] * 3),
    "gate": (lambda: Function(lambda x: x * x.mean(3, keepdim=True).sigmoid()), 2, [{0, 1}] * 2),
    "saturated": (
        lambda: nn.Sequential(nn.ReLU6(), nn.Hardswish(), nn.Hardsigmoid(), nn.ReLU()),
        2,
        [{0}, {1}],
    ),
}


def matrix(reads: list[set[int]], length: int) -> NDArray[np.bool_]:
    return np.array([[i in read for i in range(length)] for read in reads])


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("by", ["nan", "gradient"])
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("turned", [False, True])
def test_reads(name: str, by: By, turned: bool) -> None:
    build, length, reads = TABLE[name]
    module, image = build().eval(), torch.rand(1, 1, 2, length)
    if turned:
        module = nn.Sequential(Transpose(), module, Transpose())
        image = image.transpose(2, 3).contiguous()
    expected = matrix(reads, length)
    found = influences(module, image, by=by)["", 0]
    # Along the axis in question, whatever the other axis does.
    along = found[0].any((0, 2)) if not turned else found[0].any((1, 3))
    assert np.array_equal(along, expected)

    boxes = (nan_boxes if by == "nan" else gradient_boxes)(module, image)["", 0]
    for index, read in enumerate(reads):
        unit = (0, index, 0) if turned else (0, 0, index)
        top, left, bottom, right = boxes.at(unit)
        first, last = (top, bottom) if turned else (left, right)
        assert (first, last) == ((min(read), max(read)) if read else (length, -1))
        mask = influence_mask(module, image, "", unit, by=by)
        assert np.array_equal(mask.any(1 if turned else 0), expected[index])
        support = gradient_support(module, image, "", unit)
        assert np.array_equal(support.any(1 if turned else 0), expected[index])
    for pixel in range(length):
        place = (pixel, 0) if turned else (0, pixel)
        units = reached_units(module, image, place, by=by)["", 0]
        assert np.array_equal(units[0].any(1 if turned else 0), expected[:, pixel])


def test_nan_passes_taps_of_weight_zero_and_derivatives_do_not() -> None:
    module, image = interpolate(8, "bilinear"), torch.rand(1, 1, 1, 4)
    sets = [{0}, {0, 1}, {0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}, {3}]
    by_gradient = influences(module, image, by="gradient")["", 0]
    assert np.array_equal(by_gradient[0, 0, :, 0], matrix(sets, 4))
    by_nan = influences(module, image)["", 0]
    assert np.array_equal(by_nan[0, 0, :, 0], matrix([{0, 1}, *sets[1:]], 4))


def test_holes_of_two_dilated_axes() -> None:
    module, image = nn.Conv2d(1, 1, 3, dilation=2), torch.rand(1, 1, 7, 8)
    expected = np.zeros((7, 8), dtype=bool)
    expected[np.ix_([1, 3, 5], [2, 4, 6])] = True
    for by in ("nan", "gradient"):
        assert np.array_equal(influence_mask(module, image, "", (0, 1, 2), by=by), expected)
    assert np.array_equal(gradient_support(module, image, "", (0, 1, 2)), expected)


def test_channels_of_a_concatenation_differ() -> None:
    class Fork(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.small = nn.Conv2d(2, 3, 1)
            self.large = nn.Conv2d(2, 2, (3, 5), padding=(1, 2))

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.small(x), self.large(x)], 1)

    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(Fork(), torch.rand(1, 2, 9, 11))
        assert {boxes["", 0].at((c, 4, 5)) for c in range(3)} == {(4, 5, 4, 5)}
        assert {boxes["", 0].at((c, 4, 5)) for c in (3, 4)} == {(3, 3, 5, 7)}
        assert list(boxes) == [("small", 0), ("large", 0), ("", 0)]


def test_sums_that_are_not_aligned() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(1, 1, 3, stride=2, padding=1)
            self.b = nn.Conv2d(1, 1, 5, stride=2)

        def forward(self, x: Tensor) -> Tensor:
            b = self.b(x)
            return self.a(x)[:, :, : b.shape[2], : b.shape[3]] + b

    boxes = nan_boxes(Sum(), torch.rand(1, 1, 11, 11))["", 0]
    rows = [(boxes.top[0, i, 0], boxes.bottom[0, i, 0]) for i in range(4)]
    assert rows == [(0, 4), (1, 6), (3, 8), (5, 10)]
