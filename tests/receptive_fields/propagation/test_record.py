"""What a forward pass is recorded as: functions, writes, reuse, and operators of others."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests import nets
from tests.receptive_fields.propagation.agreement import assert_agrees_with_every_pixel
from vizkit.receptive_fields import ReceptiveFields, receptive_field
from vizkit.receptive_fields.propagation.record import record


def image(*shape: int) -> Tensor:
    return torch.rand(1, *shape, dtype=torch.float64)


@pytest.mark.parametrize(
    "network",
    [nets.Chain, nets.InPlace, nets.TinyInception, nets.TinyResNet, nets.Reused],
    ids=lambda kind: kind.__name__,
)
def test_tiny_networks(network: type[nn.Module]) -> None:
    assert_agrees_with_every_pixel(network().double().eval(), image(3, 10, 12))


def test_modules_that_are_called_again_have_a_row_for_each_call() -> None:
    fields = receptive_field(nets.Reused(), (3, 16, 16))
    assert [fields.layer("conv", call).size for call in (1, 2, 3)] == [(3, 3), (5, 5), (7, 7)]
    assert fields["last"].size == (7, 7)


def test_functions_have_rows_of_their_own_names() -> None:
    fields = receptive_field(nets.Chain(), (3, 16, 16))
    names = [row.name for row in fields]
    assert names == ["first", "relu_1", "second", "relu", "third", "relu_2", ""]


class Writing(nn.Module):
    """Writes into tensors in ways that other names for them see."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.seen, self.part, self.filled = nn.Identity(), nn.Identity(), nn.Identity()
        self.flat = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        part = y[:, :1, 2:]
        flat = y.view(1, 2, -1)
        self.relu(part)
        part += F.pad(x[:, :, 4:], (0, 0, 2, 0))
        first = self.seen(y)
        other = self.part(part)
        flat[:, 1, :7] = 0
        y.transpose(2, 3)[..., -1] = x[:, :1, 0].mean()
        filled = torch.zeros(1, 2, *x.shape[2:], dtype=x.dtype)
        filled[:, 1] = x[:, 0]
        filled[..., ::2].add_(1)
        return self.flat(flat) + (self.filled(filled) + first + other.amax()).flatten(2)


def test_writes_through_views() -> None:
    # What a module returned may be written into later: its output then is what it became.
    class Copied(Writing):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.clone())

    for name in ("seen", "part", "filled", "flat"):
        net = Copied().double().eval()
        setattr(net, name, nn.Conv1d(2, 2, 1) if name == "flat" else nn.Identity())
        net.double()
        fields = receptive_field(net, (1, 7, 5))
        assert fields[name].status == "exact"
    assert_agrees_with_every_pixel(Copied().double().eval(), image(1, 7, 5))


def test_captured_outputs_are_what_they_were_before_in_place_activations() -> None:
    class Overwritten(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            y += y.mean()
            return F.relu_(y)

    fields = receptive_field(Overwritten(), (1, 8, 8))
    assert (fields["conv"].status, fields["conv"].size) == ("exact", (3, 3))
    assert fields[""].status == "whole"


@torch.library.custom_op("vizkit_tests::shifted_sum", mutates_args=())
def shifted_sum(x: Tensor) -> Tensor:
    """Sum of each element and the one two columns behind it, times a function of the channel."""
    return x + F.pad(x, (0, 2))[..., 2:] * 2


@shifted_sum.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


class Custom(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.behind = nn.Conv2d(3, 2, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.behind(shifted_sum(self.conv(x)))


def test_an_operator_without_a_rule_is_measured() -> None:
    fields = assert_boxes_agree(Custom())
    measured = {value.number for value, dependence in fields.lowered if dependence.measured}
    outputs = {o.number: op.name for op in fields.graph.operations for o in op.outputs if o}
    assert {outputs[number] for number in measured} == {"shifted_sum"}
    assert (fields["conv"].status, fields["behind"].status) == ("exact", "measured")


def test_running_sums_are_measured() -> None:
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x).cumsum(2)

    fields = assert_boxes_agree(Sums())
    assert fields[""].status == "measured"


def assert_boxes_agree(network: nn.Module) -> ReceptiveFields:
    return assert_agrees_with_every_pixel(network.double().eval(), image(1, 9, 10))


@pytest.mark.parametrize("numbers", [False, True])
def test_the_network_and_the_random_state_are_as_before(numbers: bool) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.ReLU()).train()
    net[2].eval()
    before = {name: each.clone() for name, each in net.state_dict().items()}
    flags = [module.training for module in net.modules()]
    state, other = torch.get_rng_state(), random.getstate()
    record(net, (1, 1, 8, 8), numbers=numbers)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == other
    assert [module.training for module in net.modules()] == flags
    assert nets.count_hooks(net) == 0
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(net.state_dict()[name], each) for name, each in before.items())


def test_a_failing_network_is_left_as_it_was() -> None:
    net = nets.Guarded(KeyError("no"))
    with pytest.raises(KeyError):
        record(net, (1, 3, 8, 8))
    assert nets.count_hooks(net) == 0


def test_operations_grow_linearly_with_depth() -> None:
    def operations(depth: int) -> int:
        blocks = [nets.Residual(2) for _ in range(depth)]
        return len(record(nn.Sequential(*blocks), (1, 2, 9, 9)).operations)

    counts = np.array([operations(depth) for depth in (1, 2, 4, 8)])
    assert (counts == counts[0] * np.array([1, 2, 4, 8])).all()
