from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit
from tests import nets
from tests.rendering.planted import GRAY, PLAIN, wrap
from vizkit import Preprocessing, Recipe
from vizkit.address import parse_address
from vizkit.errors import RenderError, UnitNotFoundError, UsageError
from vizkit.rendering import Renderer, Step
from vizkit.rendering.measure import FLAT, luminance_deviation

QUICK = Recipe(steps=3, dtype="float32")


def test_lenet_from_first_map_to_logits() -> None:
    """Its linear layers take one input size only, so the frame must stay away from them."""
    net = vizkit.load("lenet5@random")
    for unit in ("c1:0", "s2:0", "c3:1@2,7", "c5:3", "f6:5", "logits:3"):
        (picture,) = vizkit.render(net, unit, recipe=QUICK)
        assert picture.image.shape == (1, 32, 32)
        assert picture.random


class Shape(nn.Module):
    """Notes the shapes of what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.told = SimpleNamespace(seen=[])  # what a pass leaves in the network is taken back

    def __deepcopy__(self, memo: dict[int, object]) -> Shape:
        copy = Shape()
        copy.told = self.told
        return copy

    def forward(self, x: Tensor) -> Tensor:
        self.told.seen.append(tuple(x.shape[2:]))
        return self.conv(x)


@pytest.mark.parametrize(
    ("unit", "neuron", "framed"),
    [("conv:0", False, True), ("conv:0@3,4", False, False), ("conv:0", True, False)],
)
def test_only_channels_get_a_frame(unit: str, neuron: bool, framed: bool) -> None:
    """A frame of `pad` pixels would move the field of the neuron (y, x) by as much."""
    net = wrap(Shape())
    net.layer("conv")
    recipe = Recipe(steps=2, pad=5)
    vizkit.render(net, unit, neuron=neuron, size=(20, 24), recipe=recipe)
    assert ((30, 34) in net.module.told.seen) == framed


def test_a_neuron_paints_its_own_field() -> None:
    """Response, and the painted place, are at (y, x), not at (x, y) nor beside it."""
    torch.manual_seed(0)
    preprocessing = Preprocessing((0.5,), (0.25,), (24, 40))
    net = wrap(nn.Sequential(nn.Conv2d(1, 4, 5, padding=2)), preprocessing)
    recipe = Recipe(steps=30, views="", dtype="float32")
    (picture,) = vizkit.render(net, "0:2@5,31", recipe=recipe)
    assert picture.canvas_size == (24, 40)
    energy = (picture.image[0] - picture.image[0].median()).abs()
    y, x = divmod(int(energy.argmax()), 40)
    assert abs(y - 5) <= 2 and abs(x - 31) <= 2
    with torch.no_grad():
        value = net(picture.image[None])[0, 2, 5, 31]
    assert picture.final == pytest.approx(float(value), rel=1e-5)
    assert picture.peak == picture.final > picture.initial


def test_final_and_initial_are_what_a_plain_forward_pass_gives() -> None:
    torch.manual_seed(1)
    module = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(inplace=True), nn.Conv2d(6, 5, 3))
    net = wrap(module)
    seen: list[Step] = []
    pictures = vizkit.render(net, "0:0-3", size=(20, 26), recipe=QUICK, progress=seen.append)
    for place, picture in enumerate(pictures):
        with torch.no_grad():
            maps = functional.relu(module[0]((picture.image - 0.5) / 0.25))[place]
            first = functional.relu(module[0]((seen[0].images[place] - 0.5) / 0.25))[place]
        assert picture.final == pytest.approx(float(maps.mean()), rel=1e-4)
        assert picture.initial == pytest.approx(float(first.mean()), rel=1e-4)
        assert picture.peak == pytest.approx(float(maps.max()), rel=1e-4)
    (raw,) = vizkit.render(net, "2:1", size=20, recipe=QUICK)
    with torch.no_grad():
        maps = module((raw.image[None] - 0.5) / 0.25)[0, 1]
    assert raw.final == pytest.approx(float(maps.mean()), rel=1e-4)


def test_a_size_that_the_network_does_not_take_is_said_so() -> None:
    net = vizkit.load("lenet5@random")
    with pytest.raises(UsageError, match=r"c3 cannot be computed from a picture of 4 x 4 pixels"):
        vizkit.render(net, "c3:0", size=4, recipe=QUICK)
    with pytest.raises(UsageError, match="the network's own, 32x32"):
        vizkit.render(net, "logits:0", size=48, recipe=QUICK)
    with pytest.raises(UnitNotFoundError, match=r"position \(9, 9\) is outside of the 4 x 4 map"):
        vizkit.render(net, "c3:0@9,9", size=20, recipe=QUICK)


@pytest.mark.parametrize("size", [0, -3, 5000, (32, 0)])
def test_absurd_sizes(size: int | tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=r"size=.* is out of range"):
        vizkit.render(vizkit.load("lenet5@random"), "c1:0", size=size, recipe=QUICK)


class Overflow(nn.Module):
    """A convolution whose channel 1 overflows, though every weight is finite."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.conv = nn.Conv2d(1, 4, 3)
        self.gain = nn.Parameter(torch.tensor([1.0, 3e38, 1.0, 1.0]).view(1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scaled(self.conv(x) * self.gain * self.gain)

    def scaled(self, maps: Tensor) -> Tensor:
        return maps


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Overflow()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


def test_a_unit_that_overflows_fails_alone() -> None:
    net = wrap(Scaled(), GRAY)
    units = [parse_address(f"planted@own/body:{channel}") for channel in range(4)]
    renders = Renderer(net, QUICK).block(units, canvas=(16, 16), block_size=4)
    assert [render.error is None for render in renders] == [True, False, True, True]
    assert "the response is not finite" in str(renders[1].error)
    assert not renders[1].dead
    with pytest.raises(RenderError, match=r"1 of 4 units failed:\n  planted@own/body:1: the resp"):
        vizkit.render(net, "body:0-3", size=16, recipe=QUICK)


class _Hungry(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.requires_grad:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return x


def test_out_of_memory_is_named() -> None:
    net = wrap(nn.Sequential(_Hungry(), nn.Conv2d(3, 2, 3)))
    with (
        pytest.warns(UserWarning, match="8 canvases of 16 x 20 pixels .* going on with 4"),
        pytest.warns(UserWarning, match="4 canvases of 16 x 20 pixels .* going on with 1"),
        pytest.raises(RenderError, match=r"a canvas of 16 x 20 pixels does not fit the memory"),
    ):
        vizkit.render(net, "1:0", size=(16, 20), block_size=8, recipe=QUICK)


class _Small(nn.Module):
    """A device that has room for four pictures at once."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.most = nn.Conv2d(3, 12, 3), 4

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        out: Tensor = self.conv(x)
        return out


def test_a_block_that_does_not_fit_is_rendered_in_smaller_ones() -> None:
    net = wrap(nets.seeded(_Small()))
    seen: list[Step] = []
    with (
        pytest.warns(UserWarning, match="16 canvases .* going on with 8 at once"),
        pytest.warns(UserWarning, match="8 canvases .* going on with 4 at once"),
    ):
        pictures = vizkit.render(
            net, "conv:0-10", size=16, block_size=16, recipe=QUICK, progress=seen.append
        )
    asked = vizkit.render(net, "conv:0-10", size=16, block_size=4, recipe=QUICK)
    for picture, other in zip(pictures, asked, strict=True):
        assert torch.equal(picture.image, other.image)
        assert (picture.block_size, picture.final) == (4, other.final)
    assert seen[-1].done == seen[-1].total == 11 * QUICK.steps


def test_pictures_that_share_a_part_are_not_dealt_to_smaller_blocks() -> None:
    """In smaller ones, each would share with fewer, and be another picture."""
    net = wrap(nets.seeded(_Small()))
    recipe = replace(QUICK, canvas="shared")
    with pytest.raises(RenderError, match="6 canvases of 16 x 16 pixels do not fit the memory"):
        vizkit.render(net, "conv:1", size=16, count=6, recipe=recipe)


def test_other_errors_of_the_network_are_not_hidden() -> None:
    """Lucent turns every RuntimeError of a forward pass into a warning and goes on."""

    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if x.requires_grad:
                raise RuntimeError("a bug of the network's own")
            return x

    net = wrap(nn.Sequential(Broken(), nn.Conv2d(3, 2, 3)))
    with pytest.raises(RuntimeError, match="a bug of the network's own"):
        vizkit.render(net, "1:0", size=16, recipe=QUICK)


def test_a_block_takes_no_more_than_its_size() -> None:
    renderer = Renderer(vizkit.load("lenet5@random"), QUICK)
    with pytest.raises(UsageError, match="5 units do not fit a block of 4"):
        renderer.block([parse_address("lenet5@random/c1:0-4")], canvas=(32, 32), block_size=4)


@pytest.mark.parametrize("size", [2, 3, 33, 256, 0])
def test_block_sizes_are_powers_of_two(size: int) -> None:
    with pytest.raises(UsageError, match="Allowed: 1, 4, 8, 16"):
        vizkit.render("lenet5@random/c1:0", block_size=size, recipe=QUICK)


def test_flatness_is_of_luminance() -> None:
    """A picture that varies only in color at equal luminance is flat; one in luminance is not."""
    flat = torch.full((1, 3, 8, 8), 0.5)
    assert float(luminance_deviation(flat)) == 0
    stripes = flat.clone()
    stripes[..., ::2] += 0.1
    assert float(luminance_deviation(stripes)) == pytest.approx(0.05, rel=1e-5)
    assert float(luminance_deviation(stripes[:, :1])) == pytest.approx(0.05, rel=1e-5)
    isoluminant = flat.clone()
    isoluminant[:, 0, :, ::2] += 0.0722
    isoluminant[:, 2, :, ::2] -= 0.2126
    assert float(luminance_deviation(isoluminant)) < 1e-6 < FLAT


def test_preprocessing_reaches_the_network_in_its_own_order() -> None:
    """A network of the Caffe age (BGR, 0 to 255) and its RGB twin are painted alike."""
    torch.manual_seed(3)
    rgb = nn.Sequential(nn.Conv2d(3, 4, 5))
    bgr = nn.Sequential(nn.Conv2d(3, 4, 5))
    with torch.no_grad():
        bgr[0].weight.copy_(rgb[0].weight.flip(1) / 255)
        bgr[0].bias.copy_(rgb[0].bias)
    plain = Preprocessing((0.4, 0.5, 0.6), (1.0, 1.0, 1.0), (24, 24))
    caffe = Preprocessing((153.0, 127.5, 102.0), (1.0, 1.0, 1.0), (24, 24), 255.0, (2, 1, 0))
    recipe = Recipe(steps=8, dtype="float32")
    one = vizkit.render(wrap(rgb, plain), "0:1", recipe=recipe)[0]
    other = vizkit.render(wrap(bgr, caffe), "0:1", recipe=recipe)[0]
    torch.testing.assert_close(one.image, other.image, atol=1e-3, rtol=0)
    assert one.final == pytest.approx(other.final, rel=1e-3)


def test_one_channel_and_four_channels() -> None:
    for channels in (1, 2, 4):
        preprocessing = Preprocessing((0.5,) * channels, (0.25,) * channels, (16, 24))
        net = wrap(nn.Sequential(nn.Conv2d(channels, 2, 3)), preprocessing)
        (picture,) = vizkit.render(net, "0:1", recipe=QUICK)
        assert picture.image.shape == (channels, 16, 24)
        assert 0 <= float(picture.image.min()) <= float(picture.image.max()) <= 1


def test_the_plain_preprocessing_is_plain() -> None:
    assert PLAIN(torch.full((1, 3, 2, 2), 0.5)).abs().max() == 0
