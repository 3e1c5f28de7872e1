"""Exact properties of equivariance (P20 to P27, P33), bit for bit, and what the split tells."""

import math
from fractions import Fraction
from itertools import product

import pytest
import torch
from torch import nn
from torchvision.models import vgg11

import vizkit
from tests.nets import count_hooks, seeded
from tests.probing.equivariance.commuting import commuting_shifts
from tests.probing.equivariance.planted import AdaptivePolyphase, BlurPool, symmetric
from vizkit.errors import LayerNotFoundError, NotFoundError, UsageError


def equivariance(network, layers, transform, values, images="photographs", **options):
    """Of a module for such images as are given, or of a network."""
    if isinstance(network, nn.Module):
        size = options.get("input_size", images.shape[2:])
        channels = images.shape[1]
        preprocessing = vizkit.Preprocessing((0.0,) * channels, (1.0,) * channels, tuple(size))
        network = vizkit.load(network, preprocessing=preprocessing)
    return vizkit.equivariance(network, layers, transform, images=images, values=values, **options)


def whole(network: nn.Module, seed: int = 0) -> nn.Module:
    """Small whole numbers as weights, so that no sum is rounded, whatever its order."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in network.parameters():
            each.copy_(torch.randint(-2, 3, each.shape, generator=generator))
    return network


def bits(*shape: int, seed: int = 1) -> torch.Tensor:
    """Images of multiples of 1/16, which add up without rounding."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 17, shape, generator=generator) / 16


def smooth(count: int, size: int, channels: int = 1) -> torch.Tensor:
    small = torch.rand(
        count, channels, size // 4, size // 4, generator=torch.Generator().manual_seed(0)
    )
    return nn.functional.interpolate(small, (size, size), mode="bilinear")


def circular(stride: int) -> nn.Module:
    return nn.Conv2d(2, 3, 3, stride, padding=1, padding_mode="circular")


@pytest.fixture(scope="module")
def trunk():
    return seeded(vgg11(weights=None).features, 2).requires_grad_(False)


def test_interior_units_follow_a_shift_by_the_stride_exactly(trunk):
    # P20, of all convolutions of a network such as VGG.
    layers = ["0", "3", "6", "8", "11", "13", "16", "18"]
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    found = equivariance(trunk, layers, "shift_y", (16.0,), images, input_size=(176, 176))
    for name in layers:
        split = found[name].split
        assert found[name].units[0, 1] > 0, name
        assert split.interior.tolist() == [0.0], name
        assert split.total.item() > 0 and torch.equal(split.padding, split.total), name
        assert found[name].channels.nan_to_num().eq(0).all(), name
    assert found.passes == 4 and count_hooks(trunk) == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_circular_convolution_commutes_with_every_shift(axis):
    network = nn.Sequential(whole(circular(1)), nn.ReLU())
    assert commuting_shifts(network, bits(1, 2, 24, 24), axis=axis) == tuple(range(24))


@pytest.mark.parametrize(("stride", "count"), [(2, 12), (3, 8), (4, 6)])
def test_a_circular_strided_convolution_commutes_with_multiples_of_its_stride(stride, count):
    shifts = commuting_shifts(whole(circular(stride)), bits(1, 2, 24, 24), stride)
    assert shifts == tuple(range(0, 24, stride)) and len(shifts) == count


def test_a_strided_maximum_commutes_with_multiples_of_its_stride():
    images = torch.rand(1, 2, 24, 24, generator=torch.Generator().manual_seed(0))
    assert commuting_shifts(nn.MaxPool2d(2), images, 2) == tuple(range(0, 24, 2))
    wrapped = nn.Sequential(nn.CircularPad2d((0, 2, 0, 2)), nn.MaxPool2d(3, 1))
    assert commuting_shifts(wrapped, images) == tuple(range(24))


def test_only_the_border_of_a_padded_convolution_breaks_a_shift():
    # P23: violating rows lie in the border or the shifted border.
    conv = whole(nn.Conv2d(1, 4, 5, padding=2))
    images = bits(1, 1, 24, 24) + 1
    with torch.no_grad():
        before, after = conv(images), conv(images.roll(3, 2))
    differs = (after != before.roll(3, 2)).any(3).flatten(0, 1).any(0)
    assert differs.nonzero().flatten().tolist() == [0, 1, 2, 3, 4, 22, 23]


def test_pooling_over_all_places_makes_a_circular_network_invariant():
    # P24: strides 4 leave 8 of 32 shifts, no strides all of them.
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    strided = nn.Sequential(circular(2), nn.ReLU(), nn.Conv2d(3, 2, 2, 2), *pooled)
    dense = nn.Sequential(circular(1), nn.ReLU(), *pooled)
    images = bits(1, 2, 32, 32)
    for network, expected in ((strided, range(0, 32, 4)), (dense, range(32))):
        assert commuting_shifts(whole(network).double(), images.double()) == tuple(expected)


@pytest.mark.parametrize(
    ("k", "share"), [(2, (12, 32)), (3, (40, 72)), (4, (84, 128)), (5, (144, 200))]
)
def test_share_of_steps_that_stay_in_a_bin_of_pooling(k, share):
    # P25: an impulse at each place of a bin, moved to each of its 8 neighbors.
    pool, kept = nn.MaxPool2d(k), 0
    for y, x in product(range(k), repeat=2):
        image = torch.zeros(1, 1, 3 * k, 3 * k)
        image[0, 0, k + y, k + x] = 1
        for dy, dx in product((-1, 0, 1), repeat=2):
            kept += (dy, dx) != (0, 0) and torch.equal(
                pool(image), pool(image.roll((dy, dx), (2, 3)))
            )
    assert (kept, 8 * k * k) == share
    assert Fraction(*share) == Fraction(4 * k * (k - 1) + 4 * (k - 1) ** 2, 8 * k * k)


@pytest.mark.parametrize("size", [8, 9, 12, 13])
@pytest.mark.parametrize(
    ("transform", "value"), [("reflection_x", 1), ("reflection_y", 1), ("rotation", 90)]
)
def test_symmetric_filters_need_the_right_parity(size, transform, value):
    # P27: k 3, stride 2, padding 1 take units to units for odd sides only.
    conv = nn.Conv2d(1, 4, 3, 2, 1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(symmetric(whole(conv).weight))
    network, images = (
        nn.Sequential(conv),
        bits(3, 1, 48, 48) if size % 2 == 0 else bits(3, 1, 49, 49),
    )
    split = equivariance(network, "0", transform, (value,), images, input_size=(size, size))[
        "0"
    ].split
    if size % 2:
        assert split.total.tolist() == [0.0]
    else:
        assert split.total.item() > 0.01
        # Moving the window by a pixel shows that nothing but the grid was wrong.
        assert split.rest.tolist() == [0.0] and split.separable.tolist() == [True]


def test_filters_of_one_pixel_follow_every_turn_that_moves_pixels():
    # P28, P26.
    network = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU())
    found = equivariance(network, "1", "rotation", (0, 90, 180, 270), bits(2, 1, 30, 30))
    assert found["1"].split.total.tolist() == [0.0] * 4
    assert found.floor == (0.0,) * 4


def test_the_identity_network_shows_the_floor_of_a_turn():
    network, images = nn.Sequential(nn.Identity()), smooth(3, 48)
    found = equivariance(network, "0", "rotation", (30.0,), images, input_size=(24, 24))
    assert found["0"].split.total.item() < 0.01 and found.floor[0] > 0


def test_what_a_shear_shows_of_the_gray_around_its_disc_is_left_out():
    # Of an image of one color, whoever sees nothing but the disc sees no change.
    images = torch.stack([torch.ones(1, 33, 33), torch.zeros(1, 33, 33)])
    network = nn.Sequential(nn.Conv2d(1, 1, 7, bias=False))
    nn.init.ones_(network[0].weight)
    found = equivariance(network, "0", "shear", (10,), images)
    assert found["0"].units[0, 0] > 100 and found["0"].split.total[0] < 1e-10


def test_blurred_pooling_has_less_of_the_phase():
    images = smooth(6, 72)
    images = (images + 0.3 * bits(6, 1, 72, 72)).clamp(0, 1)
    errors = []
    for pool in (nn.MaxPool2d(2), BlurPool(5)):
        network = nn.Sequential(seeded(nn.Conv2d(1, 5, 3, padding=1)), nn.ReLU(), pool)
        found = equivariance(network, "2", "shift_x", (1,), images, input_size=(48, 48))
        errors.append(found["2"].split.phase.item())
    assert errors[1] < errors[0] / 2


def test_adaptive_pooling_never_breaks_the_class_of_a_shift():
    images = bits(1, 2, 16, 16)
    pooled = nn.Sequential(whole(circular(1)), AdaptivePolyphase(), nn.AdaptiveAvgPool2d(1))
    flat = nn.Sequential(pooled, nn.Flatten())
    assert commuting_shifts(flat.double(), images.double()) == tuple(range(16))


def test_a_layer_that_knows_where_it_is_has_a_rest():
    class Located(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("places", torch.rand(1, 1, 20, 20))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.places

    split = equivariance(
        nn.Sequential(Located()), "0", "shift_x", (2,), bits(3, 1, 30, 30), input_size=(20, 20)
    )["0"].split
    assert split.rest.item() == split.total.item() > 0.01


def test_the_parts_sum_to_the_whole_and_layers_without_places_have_none():
    network = nn.Sequential(
        *(
            nn.Conv2d(1, 4, 3, 2, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 3),
        )
    )
    found = equivariance(
        network, ["1", "4"], "shift_x", (0, 1, 2), smooth(5, 40), input_size=(30, 30)
    )
    split = found["1"].split
    torch.testing.assert_close(split.padding + split.interior, split.total, rtol=0, atol=0)
    assert (split.low <= split.total).all() and (split.total <= split.high).all()
    last = found["4"]
    assert last.stride is None and last.units.sum() == 0
    assert last.split.total[0] == 0 < last.split.total[2] and last.split.rest.isnan().all()
    assert found.as_dict()["layers"][1]["rest"] == [None] * 3


def test_brightness_moves_nothing_and_changes_what_sees_it():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False))
    filters = network[0].weight.data
    filters[0] -= filters[0].mean()
    images = bits(3, 1, 12, 12) / 2
    channels = equivariance(network, "0", "brightness", (0.25,), images)["0"].channels
    assert channels[0, 0] < 1e-10 < 1e-3 < channels[0, 1]


def test_a_bare_module_sees_the_images_as_they_are_with_a_warning():
    module, shown = seeded(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU())), bits(3, 2, 20, 20)
    told: list[vizkit.Progress] = []
    with pytest.warns(UserWarning, match="as they are"):
        found = vizkit.equivariance(
            module, "1", "shift_x", images=shown, values=(1,), progress=told.append
        )
    known = equivariance(module, "1", "shift_x", (1,), shown)
    assert found.as_dict() == known.as_dict() and told[-1].done == told[-1].total == 3
    assert repr(found) == (
        "<Equivariance of Sequential@own to shift_x at 1 values, 1 layer, 3 images>"
    )
    _, columns, row = str(found).splitlines()
    assert columns.split()[0] == "LAYER" and row.split()[:2] == ["1", "1"]
    assert float(row.split()[2]) == pytest.approx(found["1"].split.total.item(), abs=5e-4)
    assert found._repr_html_().startswith("<img "), "no error is drawn as zeros"


def test_a_network_of_vizkit_by_name_and_its_badge():
    network = "lenet5@random"
    found = vizkit.equivariance(network, ["c1", "c3"], "rotation", values=(0, 45, 90))
    assert found.random and found.network == "lenet5@random" and found.images == 8
    for layer in ("c1", "c3"):
        split = found[layer].split
        assert split.total[0] == 0 and (split.total[1:] > 0.01).all()
        assert not split.padding[2] > 1e-12, "LeNet-5 does not pad"


def test_what_cannot_be_measured_is_said():
    network, images = nn.Sequential(nn.Conv2d(1, 2, 3)), bits(2, 1, 12, 12)
    with pytest.raises(LayerNotFoundError, match="'7'"):
        equivariance(network, "7", "rotation", (0,), images)
    with pytest.raises(NotFoundError, match="Did you mean 'rotation'"):
        equivariance(network, "0", "rotatoin", (0,), images)
    with pytest.raises(UsageError, match="no values of rotation"):
        equivariance(network, "0", "rotation", (), images)
    with pytest.raises(UsageError, match="one image cannot be told"):
        equivariance(network, "0", "rotation", (0,), images[:1])
    with pytest.raises(UsageError, match="no affine motion"):
        equivariance(network, "0", "circular_x", (3,), images)
    with pytest.raises(UsageError, match="do not cover a window"):
        equivariance(network, "0", "rotation", (0,), images, input_size=(20, 20))
    padded = nn.Sequential(nn.Conv2d(1, 2, 25, padding=12))
    assert math.isnan(equivariance(padded, "0", "shift_x", (1,), images)["0"].split.rest.item())


def test_crops_and_circular_shifts_name_what_to_use_instead():
    network, images = nn.Sequential(nn.Conv2d(1, 2, 3)), torch.rand(2, 1, 48, 48)
    with pytest.raises(UsageError, match=r"give 'shift_y'"):
        equivariance(network, "0", "crop_y", (3,), images)
    with pytest.raises(UsageError, match=r"Give 'shift_x'"):
        equivariance(network, "0", "circular_x", (3,), images)


def test_a_folder_is_read_with_room_around_the_window_and_a_stream_is_refused(tmp_path):
    from PIL import Image

    generator = torch.Generator().manual_seed(0)
    for number in range(2):
        pixels = torch.randint(256, (60, 64, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    preprocessing = vizkit.Preprocessing((0.5,) * 3, (0.25,) * 3, (32, 32))
    network = vizkit.load(nn.Sequential(nn.Conv2d(3, 2, 3)).eval(), preprocessing=preprocessing)
    found = equivariance(network, "0", "shift_x", (0, 4), tmp_path)
    assert found.images == 2 and [name for name, _ in found.skipped] == ["broken.png"]
    # What comes in is more of the picture, so that a convolution without padding has no error.
    assert found["0"].split.total.tolist() == [0.0, 0.0]
    with pytest.raises(UsageError, match=r"Give a folder, or one tensor"):
        equivariance(network, "0", "shift_x", (0, 4), iter([torch.rand(2, 3, 32, 32)]))
    with pytest.raises(UsageError, match=r"nowhere' is not a folder"):
        equivariance(network, "0", "shift_x", (0, 4), tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"nowhere' is no set of images"):
        equivariance(network, "0", "shift_x", (0, 4), str(tmp_path / "nowhere"))
