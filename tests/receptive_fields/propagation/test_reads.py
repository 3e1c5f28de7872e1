"""Single operations, whose reads are known index by index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.receptive_fields.oracle import test_operations as of_the_oracle
from tests.receptive_fields.oracle.test_operations import Function, Transpose, conv, interpolate
from tests.receptive_fields.propagation.agreement import assert_agrees_with_every_pixel
from vizkit.receptive_fields import receptive_field

# Name: network, length of the input, pixels that each output reads along the one axis.
TABLE: dict[str, tuple[Callable[[], nn.Module], int, list[set[int]]]] = {
    **of_the_oracle.TABLE,
    "transposed with dilation, empty and not in order": (
        lambda: nn.ConvTranspose2d(1, 1, (1, 2), (1, 2), dilation=(1, 3)),
        3,
        [{0}, set(), {1}, {0}, {2}, {1}, set(), {2}],
    ),
    "transposed with output padding": (
        lambda: nn.ConvTranspose2d(
            1, 1, (1, 2), (1, 3), dilation=(1, 2), output_padding=(0, 1), padding=0
        ),
        2,
        [{0}, set(), {0}, {1}, set(), {1}, set()],
    ),
    "transposed 3 stride 2 padded": (
        lambda: nn.ConvTranspose2d(1, 1, (1, 3), (1, 2), (0, 1), output_padding=(0, 1)),
        3,
        [{0}, {0, 1}, {1}, {1, 2}, {2}, {2}],
    ),
    "transposed 1 with output padding": (
        lambda: nn.ConvTranspose2d(1, 1, 1, dilation=2, output_padding=(0, 1)),
        3,
        [{0}, {1}, {2}, set()],
    ),
    "adaptive maximum 3 to 5": (
        lambda: nn.AdaptiveMaxPool2d((1, 5)),
        3,
        [{0}, {0, 1}, {1}, {1, 2}, {2}],
    ),
    "adaptive average 3 to 3": (lambda: nn.AdaptiveAvgPool2d((1, 3)), 3, [{0}, {1}, {2}]),
    "average 4 stride 3 padded ceil": (
        lambda: nn.AvgPool2d((1, 4), (1, 3), (0, 2), ceil_mode=True),
        8,
        [{0, 1}, {1, 2, 3, 4}, {4, 5, 6, 7}, {7}],
    ),
    "conv 4 dilation 3 same": (
        lambda: conv(4, dilation=(1, 3), padding="same"),
        6,
        [{2, 5}, {0, 3}, {1, 4}, {2, 5}, {0, 3}, {1, 4}],
    ),
    "conv 3 circular same": (
        lambda: conv(3, padding="same", padding_mode="circular"),
        4,
        [{3, 0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3, 0}],
    ),
    "conv with more padding than kernel": (
        lambda: conv(2, padding=(0, 3)),
        2,
        [set(), set(), {0}, {0, 1}, {1}, set(), set()],
    ),
    "bilinear 4 to 8": (
        lambda: interpolate(8, "bilinear"),
        4,
        [{0}, {0, 1}, {0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}, {3}],
    ),
    "bicubic 4 to 2": (lambda: interpolate(2, "bicubic"), 4, [{0, 1, 2}, {1, 2, 3}]),
    "backwards and apart": (lambda: Function(lambda x: x.flip(3)[..., 1::3]), 8, [{6}, {3}, {0}]),
    "crop": (lambda: Function(partial(F.pad, pad=(-2, 1))), 4, [{2}, {3}, set()]),
    "global mean": (lambda: Function(lambda x: x.mean((2, 3), keepdim=True)), 3, [{0, 1, 2}]),
    "running sum": (lambda: Function(lambda x: x.cumsum(3)), 3, [{0}, {0, 1}, {0, 1, 2}]),
    "windows by unfold": (
        lambda: Function(lambda x: x.unfold(3, 3, 2).sum(-1)),
        7,
        [{0, 1, 2}, {2, 3, 4}, {4, 5, 6}],
    ),
    "folded windows": (
        lambda: Function(lambda x: F.fold(F.unfold(x, (1, 3)), (2, x.shape[3]), (1, 3))),
        4,
        [{0}, {1}, {2}, {3}],
    ),
    "instance normalization": (lambda: nn.InstanceNorm2d(1), 2, [{0, 1}] * 2),
    "group normalization": (lambda: nn.GroupNorm(1, 1), 2, [{0, 1}] * 2),
    "batch normalization": (lambda: nn.BatchNorm2d(1), 2, [{0}, {1}]),
    "local response": (lambda: nn.LocalResponseNorm(3), 2, [{0}, {1}]),
    "dropout": (nn.Dropout, 2, [{0}, {1}]),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", TABLE)
def test_reads(name: str, turned: bool) -> None:
    build, length, reads = TABLE[name]
    module, size = build().eval(), (1, 2, length)
    if turned:
        module, size = nn.Sequential(Transpose(), module, Transpose()), (1, length, 2)
        if name == "folded windows":
            pytest.skip("its height is fixed")
    fields = receptive_field(module, size)
    for index, read in enumerate(reads):
        place = (index, 0) if turned else (0, index)
        unit = fields.unit("", 0, place)
        if not read:
            assert unit.clipped is None
        else:
            assert unit.clipped is not None
            y0, x0, y1, x1 = unit.clipped
            assert ((y0, y1) if turned else (x0, x1)) == (min(read), max(read))
        seen = fields.unit("", 0, place).pixels.any(1 if turned else 0)
        assert set(np.flatnonzero(seen).tolist()) == read
    for pixel in range(length):
        place = (pixel, 0) if turned else (0, pixel)
        reached = fields.projective_field("", place).units[0].any(1 if turned else 0)
        expected = {index for index, read in enumerate(reads) if pixel in read}
        # What the other axis does is not in the table: pixel 0 of it reaches every output here.
        assert set(np.flatnonzero(reached).tolist()) == expected


class Sum(nn.Module):
    """A sum of two convolutions whose fields are not aligned."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(1, 1, 3, stride=2, padding=1)
        self.b = nn.Conv2d(1, 1, 5, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        b = self.b(x)
        return self.a(x)[:, :, : b.shape[2], : b.shape[3]] + b


def test_a_sum_that_is_not_aligned_is_the_union() -> None:
    fields = receptive_field(Sum(), (1, 11, 11))
    row = fields[""]
    assert (row.size, row.stride, row.padding) == ((6, 6), (2, 2), (1, 1))
    clipped = [fields.unit("", 0, (0, i)).clipped for i in range(4)]
    assert [(box[1], box[3]) for box in clipped if box] == [(0, 4), (1, 6), (3, 8), (5, 10)]


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(4, 17), (13, 6), (9, 11), (1, 30)])
@pytest.mark.parametrize("antialias", [False, True])
def test_interpolation(size: tuple[int, int], mode: str, align: bool, antialias: bool) -> None:
    if align and antialias:
        pytest.skip("PyTorch has no such interpolation")
    module = Function(
        partial(F.interpolate, size=size, mode=mode, align_corners=align, antialias=antialias)
    )
    net = nn.Sequential(nn.Conv2d(1, 1, 3), module, nn.Conv2d(1, 1, 2, padding=1))
    image = torch.rand(1, 1, 11, 13, dtype=torch.float64)
    assert_agrees_with_every_pixel(net.double(), image, by="gradient")


@pytest.mark.parametrize(
    "given",
    [
        {"scale_factor": 2.0},
        {"scale_factor": (1.5, 0.4)},
        {"scale_factor": 2.3, "recompute_scale_factor": True},
        {"scale_factor": 0.7, "recompute_scale_factor": False},
    ],
)
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_interpolation_by_factors(given: dict[str, object], mode: str) -> None:
    net = Function(partial(F.interpolate, mode=mode, **given))
    assert_agrees_with_every_pixel(net, torch.rand(1, 1, 7, 9, dtype=torch.float64), by="gradient")


@pytest.mark.parametrize(
    "module",
    [
        nn.PixelShuffle(2),
        nn.PixelUnshuffle(2),
        nn.ChannelShuffle(4),
        nn.Conv2d(8, 16, 3, groups=8),
        nn.Conv2d(8, 4, (3, 2), groups=4, padding=1),
        nn.ConvTranspose2d(8, 6, 3, 2, groups=2, output_padding=1),
        nn.LPPool2d(2, 3, 2),
        nn.Softmax2d(),
        nn.LayerNorm((6, 8)),
        nn.Sequential(nn.Flatten(), nn.Linear(384, 3)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(8, 3)),
        Function(lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True).flatten(1)),
        Function(lambda x: torch.einsum("bchw,bcvw->bhv", x, x)),
        Function(lambda x: x.view(1, 2, 4, 6, 8).amax(1)),
        Function(lambda x: torch.stack([x, x.flip(2)], 1)[:, 1]),
        Function(lambda x: torch.cat(x.chunk(4, 1)[::-1], 2)),
        Function(lambda x: x.tril().triu(-2)),
        Function(lambda x: torch.where(x[:, :1].isnan(), x, x.roll((1, 2), (2, 3)))),
        Function(lambda x: x[:, [3, 1, 1]][:, :, torch.tensor([5, 0])]),
        Function(lambda x: F.unfold(x, 3, dilation=2, padding=1, stride=2)),
        Function(lambda x: x.as_strided((1, 2, 3, 4), (384, 96, 9, 2), 5)),
        Function(lambda x: torch.maximum(x, x.mT.mT.flip(1))),
        Function(lambda x: F.normalize(x, dim=1)),
        Function(lambda x: F.pad(x, (1, 2, 0, 3), mode="circular").diff(dim=2)),
    ],
    ids=lambda module: repr(module)[:30],
)
def test_agrees_with_every_pixel(module: nn.Module) -> None:
    image = torch.rand(1, 8, 6, 8, dtype=torch.float64)
    assert_agrees_with_every_pixel(module.double().eval(), image)


def test_attention() -> None:
    # Its kernel takes a row of NaN for a row that is masked out.
    net = Function(lambda x: F.scaled_dot_product_attention(x, x, x))
    image = torch.rand(1, 3, 4, 5, dtype=torch.float64)
    assert_agrees_with_every_pixel(net, image, by="gradient")


def test_sorting_reads_all_that_is_sorted() -> None:
    fields = receptive_field(Function(lambda x: x.sort(3)[0]), (1, 4, 5))
    assert fields.unit("", 0, (1, 2)).clipped == (1, 0, 1, 4)


def test_batch_normalization_in_train_mode_couples_the_image() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    with pytest.warns(UserWarning, match="BatchNorm in train mode"):
        fields = receptive_field(net.train(), (1, 8, 9))
    assert (fields["0"].status, fields["1"].status) == ("exact", "whole")
    assert fields["1"].size == (8, 9)
    assert fields["1"].stride == fields["1"].padding == (None, None)
    assert receptive_field(net.eval(), (1, 8, 9))["1"].size == (3, 3)


def test_rearranged_maps_keep_their_strides() -> None:
    conv = [nn.Conv2d(n, m, 3, padding=1) for n, m in ((1, 8), (2, 4), (16, 1))]
    net = nn.Sequential(conv[0], nn.PixelShuffle(2), conv[1], nn.PixelUnshuffle(2), conv[2])
    fields = receptive_field(net, (1, 12, 14))
    rows = [(row.size[0], row.stride[0], row.padding[0]) for row in fields if row.name]
    # Between two pixels of a pixel shuffle a unit of the convolution sees one pixel more.
    assert rows == [(3, 1, 1), (3, None, None), (4, None, None), (5, 1, 2), (7, 1, 3)]
    assert fields["2"].interior == ((3, 20), (3, 24))
    assert [fields.unit("3", c, (5, 5)).box for c in (0, 3)] == [(3, 3, 6, 6), (4, 4, 7, 7)]


@pytest.mark.parametrize("mode", ["circular", "reflect", "replicate"])
def test_padding_by_elements_is_padding(mode: str) -> None:
    row = receptive_field(nn.Conv2d(1, 1, 4, padding=2, dilation=2, padding_mode=mode), (1, 9, 9))[
        ""
    ]
    assert (row.size, row.stride, row.padding) == ((7, 7), (1, 1), (2, 2))
    assert row.interior == ((2, 4), (2, 4))


def test_channels_of_patches_are_not_taken_for_rows() -> None:
    def patches(x: Tensor) -> Tensor:
        return x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 1, 4, 5, 2, 3).flatten(1, 3)

    net = nn.Sequential(Function(patches), Function(lambda x: x.flip((1, 2, 3)).flip((1, 2, 3))))
    row = receptive_field(net, (1, 8, 10))["1"]
    assert row.shape == (4, 4, 5)
    assert (row.size, row.stride, row.padding) == ((2, 2), (2, 2), (0, 0))
    assert {group.size for group in row.groups} == {(1, 1)}


class Unpooled(nn.Module):
    """A maximum is put back where it was found, between two convolutions."""

    def __init__(self, kernel: int, stride: int, padding: int, channels: int = 1) -> None:
        super().__init__()
        self.before = nn.Conv2d(channels, 2, 3, padding=1)
        self.pool = nn.MaxPool2d(kernel, stride, padding, return_indices=True)
        self.unpool = nn.MaxUnpool2d(kernel, stride, padding)
        self.after = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        maxima, places = self.pool(x)
        return self.after(self.unpool(maxima, places, output_size=x.shape))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 3, 0), (3, 3, 1), (2, 3, 0), (3, 2, 1)]
)
def test_maxima_put_back(kernel: int, stride: int, padding: int) -> None:
    """Against all that any change of any pixel changed in many images of many networks."""
    side, seen = 9, np.zeros((9, 9, 9, 9), bool)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for _ in range(60):
            net = Unpooled(kernel, stride, padding)
            image = torch.randn(1, 1, side, side)
            change = 5 * torch.randn(side * side)
            moved = image + torch.diag(change).view(-1, 1, side, side)
            changed = ((net(moved) - net(image)).abs() > 1e-4)[:, 0].view(side, side, side, side)
            seen |= changed.permute(2, 3, 0, 1).numpy()
    fields = receptive_field(Unpooled(kernel, stride, padding), (1, side, side))
    assert fields["after"].status == "exact"
    for y in range(side):
        for x in range(side):
            rows, columns = np.nonzero(seen[y, x])
            assert fields.unit("after", 0, (y, x)).clipped == (
                *(rows.min(), columns.min()),
                *(rows.max(), columns.max()),
            )


def test_the_unit_in_the_middle_of_maxima_put_back() -> None:
    unit = receptive_field(Unpooled(2, 2, 0, 3), (3, 16, 16)).unit("after", 0, (8, 8))
    assert unit.box == (5, 5, 10, 10)


def test_places_in_a_map_of_another_size_are_anywhere() -> None:
    class Larger(Unpooled):
        def forward(self, x: Tensor) -> Tensor:
            return self.unpool(*self.pool(x), output_size=(x.shape[2] + 1, x.shape[3] + 1))

    row = receptive_field(Larger(2, 2, 0), (1, 8, 8))[""]
    assert (row.status, row.size) == ("measured", (8, 8))
