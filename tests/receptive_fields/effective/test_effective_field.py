"""Effective fields against gradients taken one by one, and against planted units."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit.activations import capture
from vizkit.errors import FieldError, LayerNotFoundError, UnitNotFoundError, UsageError
from vizkit.receptive_fields import effective_field


def gradient(network, layer: str, image: Tensor, channel: int, place: tuple[int, int]) -> Tensor:
    """Gradient of one unit by one image, taken by itself."""
    image = image.clone().requires_grad_()
    with capture(network, layer) as acts:
        network(image[None])
    return torch.autograd.grad(acts[layer][0, channel, *place], image)[0].double()


@pytest.mark.parametrize("weight", ["magnitude", "energy"])
def test_images_count_alike(weight):
    """The mean of the maps of single units, each divided by its own sum."""
    network = wrap(nets.seeded(nets.Chain()))
    images = nets.images(3, size=17) * torch.tensor([0.01, 0.3, 1.0]).view(3, 1, 1, 1)
    found = effective_field(network, "third", images=images, channels=[4], weight=weight)
    assert (found.positions, found.images, found.silent) == (((8, 8),), 3, 0)
    wanted = torch.zeros(17, 17, dtype=torch.float64)
    for image in images:
        own = gradient(network, "third", image, 4, (8, 8)).abs()
        own = (own if weight == "magnitude" else own.square()).mean(0)
        wanted += own / own.sum() / 3
    assert torch.allclose(found.map, wanted[5:12, 5:12], atol=1e-8)
    assert float(wanted[5:12, 5:12].sum()) == pytest.approx(1)
    assert (found.center, found.field, found.visible) == ((3.0, 3.0), (7, 7), 1.0)


def test_channels_do_not_cancel():
    """Two channels of opposite sign: their sum has no gradient at all."""
    module = nn.Sequential(nn.Conv2d(3, 2, 3, bias=False))
    with torch.no_grad():
        module[0].weight[1] = -module[0].weight[0]
    network = wrap(module)
    images = nets.images(8, size=9)
    both = effective_field(network, "0", images=images, weight="energy")
    one = effective_field(network, "0", images=images, channels=[0], weight="energy")
    assert both.silent < 8
    assert torch.allclose(both.map, one.map, atol=1e-6)


def test_energy_of_all_channels_is_that_of_each():
    """In expectation over the signs: many images of the same content."""
    network = wrap(nn.Sequential(nn.Conv2d(3, 6, 5, bias=False)))
    image = nets.images(1, size=9)
    found = effective_field(network, "0", images=image.expand(400, -1, -1, -1), weight="energy")
    kernels = network.module[0].weight.detach().double().square().sum((0, 1))
    assert torch.allclose(found.map, kernels / kernels.sum(), atol=0.012)


def test_planted_off_center():
    """A unit that reads one pixel, at the corner of its field."""
    module = nn.Sequential(nn.Conv2d(3, 1, 5, stride=2, padding=2, bias=False))
    with torch.no_grad():
        module[0].weight.zero_()
        module[0].weight[0, :, 4, 1] = 1
    found = effective_field(wrap(module), "0", images="noise")
    assert len(found.positions) == 4
    assert found.shift == pytest.approx((2, -1))
    assert (found.size, found.mass(0.95), found.sigma) == (1, 5, (0, 0))


def test_even_grids_are_aligned_on_the_field():
    """A convolution of 2 x 2 with stride 2: the image's middle lies between the units."""
    module = nn.Sequential(nn.Conv2d(1, 1, 2, stride=2, bias=False))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([[[[4.0, 3], [2, 1]]]]))
    network = vizkit.load(
        module, preprocessing=vizkit.Preprocessing((0.5,), (1.0,), (8, 12)), name="even"
    )
    found = effective_field(network, "0", images=nets.images(5, channels=1, size=12)[..., :8, :])
    assert found.positions == ((1, 2), (1, 3), (2, 2), (2, 3))
    assert torch.allclose(found.map, torch.tensor([[0.4, 0.3], [0.2, 0.1]]).double())
    assert found.center == (0.5, 0.5)


def test_more_positions_than_images():
    network = wrap(nets.seeded(nn.Sequential(nn.Conv2d(3, 2, 3, padding=1))))
    places = [(0, 0), (9, 9), (15, 15)]
    found = effective_field(network, "0", images=nets.images(2), positions=places)
    assert sorted(found.positions) == places
    corner = effective_field(network, "0", images=nets.images(2), positions=[(0, 0)])
    assert (corner.visible, corner.map.shape) == (4 / 9, (2, 2))
    assert corner.center == (0, 0) and min(corner.shift) > 0


def test_pixels_outside_of_the_field_have_no_part():
    network = vizkit.load("googlenet@random")
    image = network.images()[0]
    unit = (13, 14)
    found = effective_field(network, "inception3a", images=image, positions=[unit])
    image.requires_grad_()
    with capture(network, "inception3a") as acts:
        network(image)
    (own,) = torch.autograd.grad(acts["inception3a"][0, :, *unit].sum(), image)
    lines = [own.abs().sum((0, 1, axis)).nonzero().flatten() for axis in (3, 2)]
    for place, seen in zip(unit, lines, strict=True):
        # Size 43, stride 8 and padding 15, as published.
        first = place * 8 - 15
        assert first <= int(seen[0]) and int(seen[-1]) <= first + 42
    assert (found.field, found.positions) == ((43, 43), (unit,))


def test_layers_without_a_map_see_the_image():
    found = effective_field(vizkit.load("lenet5@random"), "logits", images="noise", channels=[3])
    assert (found.map.shape, found.field, found.positions) == ((32, 32), (32, 32), ((0, 0),))


def test_the_same_every_time_and_nothing_changed():
    module = nets.seeded(nets.TinyInception()).train()
    network = vizkit.load(module, preprocessing=vizkit.Preprocessing((0,) * 3, (1,) * 3, (16, 16)))
    state = torch.get_rng_state()
    flags = [each.training for each in module.modules()]
    images = nets.images(4)
    with torch.no_grad():
        first, second = (effective_field(network, "mixed1", images=images) for _ in range(2))
    assert torch.equal(first.map, second.map)
    assert torch.equal(state, torch.get_rng_state())
    assert flags == [each.training for each in module.modules()]
    assert all(each.grad is None and each.requires_grad for each in module.parameters())
    assert nets.count_hooks(module) == 0 and not images.requires_grad


def test_photographs_are_as_the_network_expects_them():
    network = vizkit.load("lenet5@random")
    photographs = network.images().tensor()
    assert photographs.shape == (8, 1, 32, 32)
    assert network.images(size=(40, 64)).tensor().shape == (8, 1, 40, 64)
    assert 0 <= float(photographs.min()) < 0.2 and 0.8 < float(photographs.max()) <= 1
    noise = network.images("noise", (16, 20)).tensor()
    assert noise.shape == (8, 1, 16, 20) and torch.equal(
        noise, network.images("noise", (16, 20)).tensor()
    )


def test_a_unit_that_nothing_moves():
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    with torch.no_grad():
        module[0].bias.fill_(-100)
    with pytest.raises(FieldError, match="no image moves 1 of planted: all gradients are zero"):
        effective_field(wrap(module), "1", images="noise")


def test_a_gradient_that_is_no_number():
    class Root(nn.Module):
        def forward(self, x):
            return (0 * x).sqrt()

    with pytest.raises(FieldError, match=r"gradient of 0 of planted is not finite\.\n  Check"):
        effective_field(wrap(nn.Sequential(Root())), "0", images="noise")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"layer": "8"}, LayerNotFoundError, "'8' is not a layer of planted"),
        ({"weight": "squared"}, UsageError, "weight='squared' is unknown.\n  Give 'magnitude'"),
        ({"images": "photos"}, UsageError, "'photos' is no set of images. Did you mean 'photogr"),
        ({"images": torch.rand(1, 1, 8, 8)}, UsageError, "Give B x 3 x H x W"),
        ({"channels": [7]}, UnitNotFoundError, "channel 7 is not in 0 of planted"),
        ({"positions": [(0, 40)]}, UnitNotFoundError, "position 0,40 is outside of the map"),
        (
            {"images": torch.rand(1, 3, 8, 8), "input_size": (9, 9)},
            UsageError,
            r"input_size=\(9, 9\) was given for images of \(8, 8\)",
        ),
    ],
)
def test_mistakes(arguments, error, text):
    network = wrap(nn.Sequential(nn.Conv2d(3, 2, 3)))
    with pytest.raises(error, match=text):
        effective_field(network, **{"layer": "0", "images": "noise", **arguments})
