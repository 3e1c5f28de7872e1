"""The null model of networks against closed forms, counted walks and the laws of its edges."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit
from tests import nets
from tests.receptive_fields.ground_truth.chains import chain_density, chain_sigma
from tests.rendering.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.errors import LayerNotFoundError, UnitNotFoundError
from vizkit.receptive_fields import null_field
from vizkit.receptive_fields.effective.units import theoretical_boxes


def of(module: nn.Module, size: tuple[int, int], channels: int = 3) -> Network:
    return wrap(nets.seeded(module), Preprocessing((0.5,) * channels, (0.25,) * channels, size))


@pytest.mark.parametrize(
    ("name", "layer", "sigma", "field", "size"),
    [
        ("alexnet", "features.12", 29.563490998189, 195, (288, 288)),
        ("vgg16", "features.30", 27.639042433968, 212, (224, 224)),
    ],
)
def test_networks_without_branches(name, layer, sigma, field, size):
    found = null_field(vizkit.load(f"{name}@random"), layer, input_size=size)
    assert found.sigma == pytest.approx((sigma, sigma), abs=1e-10)
    assert found.shift == pytest.approx((0, 0), abs=1e-10)
    assert (found.field, found.inside) == ((field, field), 1.0)


CHAIN = [(3, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 1), (1, 1, 1)]


def test_every_weight_of_a_chain():
    module = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, dilation=2, groups=2)),
        *(nn.BatchNorm2d(6), nn.Hardswish(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(nn.Conv2d(6, 2, 1), nn.Sigmoid()),
    )
    found = null_field(of(module, (40, 44)), "8", positions=[(2, 2), (2, 3)])
    line = chain_density(CHAIN)
    assert torch.allclose(found.map, torch.outer(line, line), atol=1e-14, rtol=0)
    assert found.sigma[1] == pytest.approx(chain_sigma(CHAIN), abs=1e-12)


class Forks(nn.Module):
    """A block of three fields of different reach and one addition, written as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(3, 5, 1)
        self.wide = nn.Conv2d(3, 2, 3, padding=1)
        self.last = nn.Conv2d(10, 4, 3, padding=1)
        self.skip = nn.Conv2d(10, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = functional.max_pool2d(x, 5, 1, 2)
        x = torch.cat([functional.relu(self.narrow(x)), self.wide(x).relu_(), pooled], 1)
        return functional.gelu(self.last(x)) + self.skip(x)


def test_branches_are_mixed_by_their_channels():
    found = null_field(of(nn.Sequential(Forks()), (21, 21)), "0")

    def square(kernel: int) -> Tensor:
        line = chain_density([(kernel, 1, 1)])
        padded = functional.pad(line, [(7 - kernel) // 2] * 2)
        return torch.outer(padded, padded)

    block = 0.5 * square(1) + 0.2 * square(3) + 0.3 * square(5)
    ninth = torch.full((1, 1, 3, 3), 1 / 9, dtype=torch.float64)
    spread = functional.conv2d(block[None, None], ninth, padding=1)
    assert torch.allclose(found.map, (block + spread[0, 0]) / 2, atol=1e-14, rtol=0)
    assert found.field == (7, 7)


def test_channels_of_a_block_have_their_own_fields():
    network = vizkit.load("googlenet@random")
    sides = {(0, 63): 27, (64, 255): 43}
    for ends, side in sides.items():
        found = null_field(network, "inception3a", channels=ends)
        assert found.field == (side, side), ends


@pytest.mark.parametrize(
    ("position", "inside"),
    [((0, 0), (13 / 27) ** 2), ((0, 7), 13 / 27), ((1, 7), 22 / 27), ((7, 7), 1)],
)
def test_weight_lost_at_the_border(position, inside):
    """Three convolutions of 3 x 3: the share of walks of three steps that stay on the map."""
    module = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(3)))
    found = null_field(of(module, (15, 15)), "2", positions=[position])
    assert found.inside == pytest.approx(inside, abs=1e-12)
    y, x = found.shift
    assert (y > 1e-9) == (position[0] < 3) and (x > 1e-9) == (position[1] < 3)


def test_random_weights_follow_the_law_of_the_null_model():
    """Expected squared gradients of independent weights spread like uniform weights."""
    generator = torch.Generator().manual_seed(0)
    total = torch.zeros(13, 13, dtype=torch.float64)
    for _ in range(150):
        x = torch.zeros(1, 1, 13, 13, dtype=torch.float64, requires_grad=True)
        y = x
        for number in range(6):
            shape = (8, 8 if number else 1, 3, 3)
            y = functional.conv2d(y, torch.randn(shape, generator=generator).double() / 9)
        (gradient,) = torch.autograd.grad(y[0, 0, 0, 0], x)
        total += gradient[0, 0].square() / gradient.square().sum()
    module = nn.Sequential(*(nn.Conv2d(1, 1, 3) for _ in range(6)))
    null = null_field(of(module, (13, 13), 1), "5")
    place = torch.arange(13.0).double() - 6
    sigma = float(((place**2) @ (total / total.sum()).sum(1)).sqrt())
    assert null.sigma[0] == pytest.approx(2, abs=1e-12)
    assert sigma == pytest.approx(null.sigma[0], rel=0.03)


def test_boxes_reach_beyond_the_input():
    """Size, stride and padding as published for torchvision's networks."""
    network = vizkit.load("googlenet@random")
    published = {"inception4a": (107, 16, 39), "inception5b": (379, 32, 167)}
    asked = {layer: [(0, 1), (3, 3)] for layer in published}
    found = theoretical_boxes(network, asked, (224, 224))
    for layer, (size, stride, padding) in published.items():
        for (y, x), box in zip(asked[layer], found[layer], strict=True):
            top, left = y * stride - padding, x * stride - padding
            assert box == (top, left, top + size - 1, left + size - 1)


def test_the_network_is_left_as_it_was():
    module = nets.TinyInception()
    before = {name: each.clone() for name, each in module.state_dict().items()}
    network = wrap(module)
    null_field(network, "mixed2")
    assert all(torch.equal(each, before[name]) for name, each in module.state_dict().items())
    assert all(each.grad is None and each.requires_grad for each in module.parameters())
    assert nets.count_hooks(module) == 0


def test_units_that_do_not_exist():
    network = wrap(nn.Sequential(nn.Conv2d(3, 2, 3)))
    with pytest.raises(LayerNotFoundError):
        null_field(network, "7")
    with pytest.raises(UnitNotFoundError, match=r"It has 2 channels: give 0 to 1\."):
        null_field(network, "0", channels=[2])
    with pytest.raises(UnitNotFoundError, match=r"30 x 30 positions: give 0,0 to 29,29\."):
        null_field(network, "0", positions=[(30, 0)])
    with pytest.raises(UnitNotFoundError, match="no unit of 0 of planted was given"):
        null_field(network, "0", channels=[])
