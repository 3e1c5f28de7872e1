"""The two ways around the square, on networks whose arithmetic is exact."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import vizkit
from computations.square import commuting_square
from tests.nets import plain
from vizkit.errors import UsageError


def whole(module: nn.Module, *kernels: list[list[float]]) -> nn.Module:
    """`module` with the kernels as weights and no bias: sums of small integers are exact."""
    with torch.no_grad():
        module.weight.copy_(torch.tensor(kernels)[:, None])
        module.bias.zero_()
    return module


CROSS = [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]
EDGE = [[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]]


def picture(side: int = 14) -> torch.Tensor:
    """Integers in sixteenths, none of them 0."""
    generator = torch.Generator().manual_seed(3)
    return torch.randint(1, 16, (1, 1, side, side), generator=generator) / 16


def test_only_units_that_padding_reaches_can_break():
    net = nn.Sequential(whole(nn.Conv2d(1, 1, 3, padding=1), CROSS))
    image = picture()
    found = commuting_square(plain(net, 8), "0", "shift_x", 2, image, input_size=(8, 8))
    seen, shifted = image[..., 3:11, 3:11], image[..., 3:11, 1:9]
    torch.testing.assert_close(found.transformed[None], shifted, rtol=0, atol=0)
    torch.testing.assert_close(found.before[None], net(seen).detach(), rtol=0, atol=0)
    assert found.moved[0, :, :2].isnan().all()
    torch.testing.assert_close(found.moved[0, :, 2:], found.before[0, :, :-2], rtol=0, atol=0)
    # Rows 0 and 7 see the padding in both maps, and in the same way; columns 2 and 7 in one.
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[1:7, 3:7] = True
    assert torch.equal(found.interior, inside)
    assert found.broken[:, 2].all() and found.broken[:, 7].all()
    assert not found.broken[:, 3:7].any() and not found.broken[:, :2].any()
    assert found.error(found.interior) == 0
    assert found.error(~found.interior) > 0
    assert math.isnan(found.error(torch.zeros(8, 8, dtype=torch.bool)))


@pytest.mark.parametrize(("shift", "exact"), [(3, False), (4, True), (6, True)])
def test_strides_break_what_is_no_multiple_of_them(shift, exact):
    net = nn.Sequential(whole(nn.Conv2d(1, 1, 3, stride=2), EDGE))
    found = commuting_square(
        plain(net, 17), "0", "translation", shift, picture(31), input_size=(17, 17)
    )
    assert (found.on_grid, found.stride) == (exact, (2, 2))
    assert bool(found.broken.any()) is not exact
    if exact:
        step = shift // 2
        assert torch.equal(found.after[:, step:, step:], found.before[:, :-step, :-step])
        assert int(found.compared.sum()) == (8 - step) ** 2


@pytest.mark.parametrize(("kernel", "symmetric"), [(CROSS, True), (EDGE, False)])
def test_a_quarter_turn_needs_kernels_that_look_the_same_when_turned(kernel, symmetric):
    net = nn.Sequential(whole(nn.Conv2d(1, 1, 3), kernel))
    found = commuting_square(
        plain(net, 15), "0", "rotation", 90, picture(15), after_activation=False
    )
    assert found.on_grid
    used = found.compared
    assert int(used.sum()) > 50
    turned = torch.rot90(found.before, 1, (1, 2))
    assert torch.equal(found.moved[:, used], turned[:, used])
    assert bool(found.broken.any()) is not symmetric


def test_names_of_a_network_and_what_cannot_be_compared():
    net = vizkit.load("lenet5@random")
    image = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    found = commuting_square(net, "s2", "translation", 2, image)
    assert (found.network, found.random, found.unit) == ("lenet5@random", True, "pixels")
    assert found.image.shape == (1, 32, 32)
    assert not found.broken.any(), "no padding, and a multiple of the stride"
    with pytest.raises(UsageError, match="no map whose units have places"):
        commuting_square(net, "logits", "translation", 2, image)
    with pytest.raises(UsageError, match="does not cover an input"):
        commuting_square(net, "c1", "translation", 2, image[..., :20])
