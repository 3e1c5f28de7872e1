from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.render.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.errors import UsageError
from vizkit.render import size_canvas


def chain(depth: int, size: tuple[int, int] = (224, 200)) -> Network:
    """Convolutions of 3 x 3, whose fields grow by 2 a layer."""
    module = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(depth)))
    return wrap(nets.seeded(module), Preprocessing((0.5,), (0.25,), size))


@pytest.mark.parametrize("layer", [0, 9, 19, 29, 39])
def test_the_canvas_holds_the_field_and_no_more_than_is_useful(layer: int) -> None:
    net = chain(40)
    sizing = size_canvas(net, net.layer(str(layer)))
    field = 3 + 2 * layer
    assert sizing.extent is not None and sizing.extent.size == (field, field)
    assert all(side >= min(field, 144) for side in sizing.canvas)
    assert all(side % 8 == 0 and 48 <= side <= 144 for side in sizing.canvas)
    assert sizing.canvas[0] == sizing.canvas[1]
    assert all(side <= max(48, 1.5 * field + 24) for side in sizing.canvas)


def test_a_canvas_is_never_larger_than_the_input() -> None:
    assert size_canvas(vizkit.load("lenet5"), vizkit.load("lenet5").layer("c5")).canvas == (32, 32)
    net = chain(20, (100, 56))
    assert size_canvas(net, net.layer("19")).canvas == (80, 56)


def test_rows_and_columns_are_sized_by_their_own_field() -> None:
    preprocessing = Preprocessing((0.5,), (0.25,), (200, 200))
    net = wrap(nets.seeded(nn.Sequential(nn.Conv2d(1, 1, (41, 3)))), preprocessing)
    assert size_canvas(net, net.layer("0")).canvas == (80, 48)


def test_neurons_and_logits_get_the_networks_own_input() -> None:
    net = chain(2)
    assert size_canvas(net, net.layer("0"), whole=True).canvas == (224, 200)
    lenet = vizkit.load("lenet5")
    assert size_canvas(lenet, lenet.layer("logits")).canvas == (32, 32)


def test_what_is_asked_is_taken() -> None:
    net = chain(2)
    assert size_canvas(net, net.layer("1"), asked=100).canvas == (100, 100)
    assert size_canvas(net, net.layer("1"), asked=(30, 50)).canvas == (30, 50)
    with pytest.raises(UsageError, match=r"size=\(30, 5000\) is out of range"):
        size_canvas(net, net.layer("1"), asked=(30, 5000))


def test_where_the_field_cannot_be_measured_the_whole_input_counts() -> None:
    class Swallowing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.nan_to_num(x)

    preprocessing = Preprocessing((0.5,), (0.25,), (64, 72))
    net = wrap(nn.Sequential(Swallowing(), nn.Conv2d(1, 1, 3)), preprocessing)
    sizing = size_canvas(net, net.layer("1"))
    assert sizing.extent is None
    assert sizing.canvas == (64, 72)
