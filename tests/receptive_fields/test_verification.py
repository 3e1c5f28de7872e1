"""The bridge from calculated fields to the oracle."""

import pytest
import torch
from torch import nn

import vizkit
from vizkit.receptive_fields import receptive_field
from vizkit.receptive_fields.verification import boxes, verify


class Odd(nn.Module):
    """Slices, a sum of shifted maps, a layer called twice, and one that sees no pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, stride=2, padding=2)
        self.same = nn.Conv2d(2, 2, 3, padding=1)
        self.constant = Constant()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        y = self.same(self.same(x))
        return y[..., 1:, :] + x[..., :-1, :] + self.constant(x)


class Constant(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ones(x.shape[-1])


def test_every_unit_of_every_call_agrees():
    progress = []
    certificate = verify(Odd().eval(), (1, 11, 14), progress=progress.append)
    assert certificate.agree
    assert [(each.name, each.call) for each in certificate.layers] == [
        *(("conv", 0), ("same", 0), ("same", 1), ("constant", 0), ("", 0))
    ]
    assert progress[-1].done == progress[-1].total


@pytest.mark.parametrize("network", ["lenet5", "timm:test_resnet"])
def test_networks_by_name(network):
    before = torch.get_rng_state()
    certificate = verify(network, 33 if network != "lenet5" else None)
    assert certificate.agree and not certificate.not_compared
    assert torch.equal(before, torch.get_rng_state())


def test_a_loaded_network():
    assert verify(vizkit.load("lenet5@random")).agree


def test_a_unit_that_sees_nothing():
    row = receptive_field(Odd().eval(), (1, 11, 14))["constant"]
    found = boxes(row)
    assert (int(found.top.max()), int(found.bottom.max())) == (11, -1)
    assert (int(found.left.max()), int(found.right.max())) == (14, -1)
