"""Receptive fields of a network on the device: the same, and proven there."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.gpu.cuda import DEVICE, ON_CUDA, both
from tests.rendering.planted import PLAIN, wrap
from vizkit import Network
from vizkit.receptive_fields import effective_field, receptive_field
from vizkit.receptive_fields.verification import verify

pytestmark = ON_CUDA


class Constants(nn.Module):
    """Operations that take constants from buffers, which lie on the device with the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.flip, self.mask = nn.Identity(), nn.Identity()
        self.mix, self.sum = nn.Identity(), nn.Identity()
        self.register_buffer("order", torch.arange(31, -1, -1))
        self.register_buffer("window", torch.arange(32) % 4 == 0)
        self.register_buffer("matrix", torch.eye(32).roll(3, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.flip(self.conv(x)[..., self.order])
        x = self.mask(x.masked_fill(self.window, 0.0))
        x = self.mix(x @ self.matrix)
        return self.sum(torch.where(self.window, x, torch.zeros_like(x)))


def rows(net: Network) -> list[tuple[object, ...]]:
    return [
        (row.name, row.size, row.stride, row.padding, row.status, row.interior)
        for row in receptive_field(net)
    ]


@pytest.mark.parametrize(
    "source",
    ["lenet5@random", "googlenet@random", "resnet18@random", "shufflenet_v2_x0_5@random",
     "efficientnet_b0@random", "swin_t@random"],
)  # fmt: skip
def test_calculated_as_on_the_cpu(source: str) -> None:
    try:
        ours, theirs = both(source)
    except vizkit.VizkitError as error:
        pytest.skip(str(error).partition("\n")[0])
    assert rows(ours) == rows(theirs)


def test_calculated_with_constants_on_the_device() -> None:
    own = wrap(nets.seeded(Constants()))
    there = vizkit.load(
        nets.seeded(Constants()).eval().to(DEVICE), preprocessing=PLAIN, name="planted"
    )
    assert rows(there) == rows(own)
    for unit in ("flip:0@3,4", "mask:0@3,5", "mix:0@3,4"):
        assert receptive_field(there).unit(unit).box == receptive_field(own).unit(unit).box


@pytest.mark.parametrize("source", ["lenet5@random", "squeezenet1_1@random"])
def test_every_number_is_proven_on_the_device(source: str) -> None:
    net = vizkit.load(source, device=DEVICE)
    certificate = verify(net, None if source.startswith("lenet") else 64)
    assert certificate.agree
    assert certificate.units > 1000


def test_proven_where_nan_is_swallowed() -> None:
    module = nets.seeded(nets.TinyInception()).eval().to(DEVICE)
    assert verify(vizkit.load(module, preprocessing=PLAIN, name="planted")).agree


@pytest.mark.usefixtures("exact")
def test_effective_fields_as_on_the_cpu() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 224, 224, generator=generator)
    ours, theirs = (
        effective_field(net, "inception3a", images=images, channels=[0, 5, 9])
        for net in both("googlenet@distilled")
    )
    assert ours.field == theirs.field
    assert ours.size == pytest.approx(theirs.size, rel=0.02)
    torch.testing.assert_close(ours.map, theirs.map, atol=0.02 * float(theirs.map.max()), rtol=0)
