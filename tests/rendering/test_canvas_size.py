from __future__ import annotations

import gc
import weakref

import pytest
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.errors import UsageError
from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.rendering import size_canvas


def chain(depth: int, size: tuple[int, int] = (224, 200)) -> Network:
    """Convolutions of 3 x 3, whose fields grow by 2 a layer."""
    module = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(depth)))
    return wrap(nets.seeded(module), Preprocessing((0.5,), (0.25,), size))


@pytest.mark.parametrize("layer", [0, 9, 19, 29, 39])
def test_the_canvas_holds_the_field_and_no_more_than_is_useful(layer: int) -> None:
    net = chain(40)
    sizing = size_canvas(net, net.layer(str(layer)))
    field = 3 + 2 * layer
    assert (sizing.seen, sizing.covers) == ((field, field), False)
    assert all(side >= min(field, 144) for side in sizing.canvas)
    assert all(side % 8 == 0 and 48 <= side <= 144 for side in sizing.canvas)
    assert sizing.canvas[0] == sizing.canvas[1]
    assert all(side <= max(48, 1.5 * field + 24) for side in sizing.canvas)


def test_a_canvas_is_never_larger_than_the_input() -> None:
    assert size_canvas(
        vizkit.load("lenet5@random"), vizkit.load("lenet5@random").layer("c5")
    ).canvas == (32, 32)
    net = chain(20, (100, 56))
    assert size_canvas(net, net.layer("19")).canvas == (80, 56)


def test_rows_and_columns_are_sized_by_their_own_field() -> None:
    preprocessing = Preprocessing((0.5,), (0.25,), (200, 200))
    net = wrap(nets.seeded(nn.Sequential(nn.Conv2d(1, 1, (41, 3)))), preprocessing)
    assert size_canvas(net, net.layer("0")).canvas == (80, 48)


def test_neurons_and_logits_get_the_networks_own_input() -> None:
    net = chain(2)
    assert size_canvas(net, net.layer("0"), whole=True).canvas == (224, 200)
    lenet = vizkit.load("lenet5@random")
    assert size_canvas(lenet, lenet.layer("logits")).canvas == (32, 32)


def test_what_is_asked_is_taken() -> None:
    net = chain(2)
    assert size_canvas(net, net.layer("1"), asked=100).canvas == (100, 100)
    assert size_canvas(net, net.layer("1"), asked=(30, 50)).canvas == (30, 50)
    with pytest.raises(UsageError, match=r"size=\(30, 5000\) is out of range"):
        size_canvas(net, net.layer("1"), asked=(30, 5000))


# Size by the recurrence r + (k - 1) j for torchvision's layers; then 1.5 r + 16, rounded up to
# multiples of 8 and kept between 48 and 144.
CANVASES = {
    "alexnet": [("features.0", 11, 48), ("features.3", 51, 96), ("features.6", 99, 144)],
    "vgg16": [("features.0", 3, 48), ("features.12", 32, 64), ("features.14", 40, 80)],
    "googlenet": [("conv3", 19, 48), ("inception3a", 43, 88), ("inception4a", 107, 144)],
}


@pytest.mark.parametrize("name", CANVASES)
def test_canvases_of_known_networks(name: str) -> None:
    net = vizkit.load(f"{name}@random")
    for layer, field, canvas in CANVASES[name]:
        sizing = size_canvas(net, net.layer(layer))
        assert sizing.seen == (field, field)
        assert sizing.canvas == (canvas, canvas)


def test_a_field_beyond_the_input_is_not_cut_off() -> None:
    net = chain(30, (40, 200))
    sizing = size_canvas(net, net.layer("29"))
    assert (sizing.seen, sizing.covers) == ((61, 61), False)
    assert sizing.canvas == (40, 112)


def test_who_sees_the_whole_input() -> None:
    lenet = vizkit.load("lenet5@random")
    assert [size_canvas(lenet, lenet.layer(name)).covers for name in ("c3", "c5", "logits")] == [
        False,
        True,
        True,
    ]
    preprocessing = Preprocessing((0.5,), (0.25,), (64, 72))
    squeezed = wrap(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(1, 1, 1)), preprocessing)
    sizing = size_canvas(squeezed, squeezed.layer("1"))
    assert (sizing.seen, sizing.covers, sizing.canvas) == ((64, 72), True, (64, 72))


def test_where_the_size_differs_from_place_to_place_the_middle_counts() -> None:
    class Crossed(nn.Module):
        """A map and its mirror image: a unit sees the more, the farther from the middle."""

        def __init__(self) -> None:
            super().__init__()
            self.sum = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.sum(x + x.flip(3))

    net = wrap(Crossed(), Preprocessing((0.5,), (0.25,), (64, 80)))
    # Column 40 of 80 and its mirror image, column 39.
    assert size_canvas(net, net.layer("sum")).seen == (1, 2)


def test_where_the_field_is_not_known_the_whole_input_counts() -> None:
    class Deciding(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.mean() > 0 else -x

    preprocessing = Preprocessing((0.5,), (0.25,), (64, 72))
    net = wrap(nn.Sequential(Deciding(), nn.Conv2d(1, 1, 3)), preprocessing)
    sizing = size_canvas(net, net.layer("1"))
    assert (sizing.seen, sizing.covers) == (None, False)
    assert sizing.canvas == (64, 72)


def test_fields_are_calculated_once_for_a_network_and_go_with_it() -> None:
    net = chain(2)
    fields = fields_or_none(net)
    assert fields_or_none(net) is fields
    kept = weakref.ref(fields)
    del net, fields
    gc.collect()
    assert kept() is None
