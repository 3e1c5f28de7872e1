"""Networks with something that an oracle could trip over."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

from tests import nets
from tests.receptive_fields.ground_truth.every_pixel import (
    gradient_boxes,
    influence_mask,
    influences,
    nan_boxes,
    reached_units,
)
from vizkit.errors import FieldError, LayerNotFoundError, UnitNotFoundError, UsageError
from vizkit.receptive_fields.oracle.boxes import SIDES
from vizkit.receptive_fields.oracle.marks import NanMark
from vizkit.receptive_fields.oracle.probe import Probe


class Coupled(nn.Module):
    """BatchNorm on the batch's own statistics, in eval mode too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class Windows(nn.Module):
    """Folds windows of 2 x 2 pixels into the batch and mixes within each, as Swin does."""

    def __init__(self, images_first: bool) -> None:
        super().__init__()
        self.order = (0, 2, 4, 3, 5, 1) if images_first else (2, 4, 0, 3, 5, 1)
        self.mix = nn.Linear(4, 4)
        self.out = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        tiles = x.view(b, c, h // 2, 2, w // 2, 2).permute(self.order)
        mixed = self.mix(tiles.reshape(-1, 4, c).transpose(1, 2))
        whole = mixed.transpose(1, 2).reshape(tiles.shape)
        back = [self.order.index(axis) for axis in range(6)]
        return self.out(whole.permute(back).reshape(b, c, h, w))


@pytest.mark.parametrize("images_first", [True, False])
def test_windows_folded_into_the_batch(images_first: bool) -> None:
    module, image = Windows(images_first), torch.rand(1, 3, 4, 6)
    assert (Probe(NanMark(module, image)).batch > 1) == images_first
    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(module, image)
        assert boxes["mix", 0].top.shape == (6, 3, 4)
        for window, channel, place in itertools.product(range(6), range(3), range(4)):
            y, x = 2 * (window // 3), 2 * (window % 3)
            assert boxes["mix", 0].at((window, channel, place)) == (y, x, y + 1, x + 1)
        for y, x in itertools.product(range(4), range(6)):
            corner = (y - y % 2, x - x % 2)
            assert boxes["", 0].at((1, y, x)) == (*corner, corner[0] + 1, corner[1] + 1)


def test_a_coupled_batch_is_run_one_by_one() -> None:
    module, image = Coupled(), torch.rand(1, 1, 5, 6)
    assert Probe(NanMark(module, image)).batch == 1
    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(module, image)
        assert boxes["conv", 0].at((1, 1, 2)) == (1, 2, 3, 4)
        assert boxes["bn", 0].at((1, 1, 2)) == (0, 0, 4, 5)


def test_train_mode_is_left_and_restored() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    module[1].eval()
    module[0].weight.requires_grad_(False)
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random = torch.get_rng_state()
    image = torch.rand(1, 1, 5, 5)
    random = torch.get_rng_state()
    for measure in (nan_boxes, gradient_boxes, influences):
        measure(module, image)
    assert nan_boxes(module, image)["", 0].at((0, 1, 1)) == (1, 1, 3, 3)
    assert [m.training for m in module.modules()] == [True, True, False, True]
    assert not module[0].weight.requires_grad
    assert module[1].weight.requires_grad
    assert module[1].weight.grad is None
    assert all(torch.equal(tensor, state[name]) for name, tensor in module.state_dict().items())
    assert nets.count_hooks(module) == 0
    assert torch.equal(torch.get_rng_state(), random)


def test_hooks_are_removed_after_an_error() -> None:
    module = nets.Guarded(KeyboardInterrupt()).train()
    with pytest.raises(KeyboardInterrupt):
        nan_boxes(module, torch.rand(1, 3, 8, 8))
    assert nets.count_hooks(module) == 0
    assert module.tail.training


def test_a_module_called_thrice_has_three_fields() -> None:
    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(nets.Reused(), torch.rand(1, 3, 9, 9))
        assert [boxes["conv", call].at((0, 4, 4)) for call in range(3)] == [
            (3, 3, 5, 5),
            (2, 2, 6, 6),
            (1, 1, 7, 7),
        ]
        assert ("conv", 3) not in boxes
    mask = influence_mask(nets.Reused(), torch.rand(1, 3, 9, 9), "conv", (0, 4, 4), 1)
    assert mask.sum() == 25


def test_in_place_operations_do_not_reach_back() -> None:
    """The sum is written into the tensor that the first convolution returned."""

    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(1, 1, 1)
            self.wide = nn.Conv2d(1, 1, 5, padding=2)

        def forward(self, x: Tensor) -> Tensor:
            out = self.first(x)
            out += self.wide(x)
            return out.relu_()

    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(Writes(), torch.rand(1, 1, 7, 7))
        assert boxes["first", 0].at((0, 3, 3)) == (3, 3, 3, 3)
        assert boxes["", 0].at((0, 3, 3)) == (1, 1, 5, 5)


@pytest.mark.parametrize("name", ["TinyInception", "TinyResNet", "InPlace", "Chain"])
def test_the_oracles_agree(name: str) -> None:
    module, image = getattr(nets, name)(), torch.rand(1, 3, 10, 12)
    by_nan, by_gradient = nan_boxes(module, image), gradient_boxes(module, image)
    pixels, derivatives = influences(module, image), influences(module, image, by="gradient")
    assert list(by_nan) == list(by_gradient) == list(pixels)
    one = reached_units(module, image, (4, 7))
    for key, mask in pixels.items():
        assert np.array_equal(mask, derivatives[key])
        assert np.array_equal(one[key], mask[..., 4, 7])
        for side in SIDES:
            assert np.array_equal(getattr(by_nan[key], side), getattr(by_gradient[key], side))
        rows, columns = mask.any(-1), mask.any(-2)
        assert np.array_equal(by_nan[key].top, rows.argmax(-1))
        assert np.array_equal(by_nan[key].left, columns.argmax(-1))
        assert np.array_equal(by_nan[key].bottom, 9 - rows[..., ::-1].argmax(-1))
        assert np.array_equal(by_nan[key].right, 11 - columns[..., ::-1].argmax(-1))


PUBLISHED = {
    "alexnet": [("features.0", 11, 4, 2), ("features.2", 19, 8, 2), ("features.5", 67, 16, 18)],
    "squeezenet1_1": [("features.0", 3, 2, 0), ("features.2", 7, 4, 0)],
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    """Sizes of AlexNet are published; of SqueezeNet's stem they are 1 + 2 and 3 + 2 * 2."""
    module = nets.seeded(torchvision.models.get_model(name, weights=None))
    boxes = nan_boxes(module, torch.zeros(1, 3, 95, 80))
    for layer, size, stride, padding in PUBLISHED[name]:
        found = boxes[layer, 0]
        height, width = found.top.shape[1:]
        for y, x in itertools.product(range(height), range(width)):
            top, left = y * stride - padding, x * stride - padding
            expected = (
                max(top, 0),
                max(left, 0),
                min(top + size, 95) - 1,
                min(left + size, 80) - 1,
            )
            if layer == "features.2" and name == "squeezenet1_1":
                # The last window of a pooling with ceil_mode is cut off at the map's end.
                expected = (*expected[:2], min(expected[2], 94), min(expected[3], 78))
            assert found.at((0, y, x)) == expected == found.at((-1, y, x))


def test_vectors_see_everything() -> None:
    boxes = nan_boxes(nets.TinyLeNet(), torch.rand(1, 1, 32, 32))
    assert boxes["classifier.5", 0].top.shape == (10,)
    assert boxes["", 0].at((3,)) == (0, 0, 31, 31)


class Attention(nn.Module):
    """Each row of pixels attends to itself, through the two forms that torch has."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.permute(0, 2, 3, 1).flatten(0, 1)
        tokens, _ = self.heads(tokens, tokens, tokens, need_weights=False)
        return nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)


def test_attention() -> None:
    for measure in (nan_boxes, gradient_boxes):
        boxes = measure(Attention(), torch.rand(1, 4, 3, 5))
        for layer, row in itertools.product(("heads", ""), range(3)):
            assert boxes[layer, 0].at((row, 2, 1)) == (row, 0, row, 4)


def test_what_no_pixel_reaches() -> None:
    class Table(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(4, 3)
            self.conv = nn.Conv2d(1, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            constant = self.table(torch.arange(x.shape[3]))
            return self.conv(x) + constant.T[None, :, None]

    boxes = nan_boxes(Table(), torch.rand(1, 1, 2, 4))
    assert Probe(NanMark(Table(), torch.rand(1, 1, 2, 4))).batch > 1
    assert boxes["table", 0].at((0, 2)) == (2, 4, -1, -1)
    assert boxes["", 0].at((0, 1, 2)) == (1, 2, 1, 2)


def test_a_network_in_float64() -> None:
    boxes = nan_boxes(nn.Conv2d(1, 1, 3).double(), torch.rand(1, 1, 5, 5))
    assert boxes["", 0].at((0, 1, 1)) == (1, 1, 3, 3)


def test_bad_input() -> None:
    module, image = nn.Sequential(nn.Conv2d(1, 1, 3)), torch.rand(1, 1, 5, 5)
    with pytest.raises(UsageError, match=r"shape \(2, 1, 5, 5\), but has to be one image"):
        nan_boxes(module, image.repeat(2, 1, 1, 1))
    with pytest.raises(UsageError, match=r"torch.int64 .* one image of floats"):
        nan_boxes(module, image.long())
    with pytest.raises(LayerNotFoundError, match="'1' is no module that returns a tensor"):
        influence_mask(module, image, "1", (0, 0, 0))
    with pytest.raises(LayerNotFoundError, match="call 1 of '0': it is called 1 times"):
        influence_mask(module, image, "0", (0, 0, 0), 1)
    with pytest.raises(UnitNotFoundError, match=r"\(0, 3, 0\) is not in '0' of shape \(1, 3, 3\)"):
        influence_mask(module, image, "0", (0, 3, 0))
    with pytest.raises(UnitNotFoundError, match=r"\(5, 0\) is not in 'the input'"):
        reached_units(module, image, (5, 0))
    with pytest.raises(FieldError, match="'0' is not finite for an image without marks"):
        nan_boxes(module, image * torch.nan)


def test_calls_that_depend_on_the_image() -> None:
    class Depends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x) if bool(x.sum() > 0) else x

    with pytest.raises(FieldError, match=r"'conv', 0\) was not called for one of the marked"):
        nan_boxes(Depends(), torch.rand(1, 1, 4, 4))
