"""Numbers of the lecture and of papers, computed here by hand."""

from __future__ import annotations

import pytest

from vizkit.arithmetic import (
    AdaptivePooling,
    Convolution,
    FullyConnected,
    Operation,
    Pooling,
    ReLU,
    Volume,
    Window,
    fit_padding,
    paddings_that_fit,
    stack,
)
from vizkit.errors import UsageError


def test_the_first_layer_of_alexnet() -> None:
    layer = Convolution(96, 11, stride=4).on("227x227x3")
    assert str(layer.output) == "55x55x96"
    assert str(layer.formulas["width"]) == "(227 - 11 + 2*0)/4 + 1 = 55"
    assert str(layer.formulas["parameters"]) == "(11*11*3)*96 + 96 = 34,944"
    assert layer.output.activations == 290_400
    assert layer.parameters == 34_944
    assert layer.multiply_adds == layer.connections == 105_415_200


def test_the_network_for_cifar10() -> None:
    net = stack("32x32x3", [Convolution(12, 3, padding=1), ReLU(), Pooling(2), FullyConnected(10)])
    assert [str(layer.output) for layer in net.layers] == [
        "32x32x12",
        "32x32x12",
        "16x16x12",
        "1x1x10",
    ]
    assert net.output == Volume(1, 1, 10)
    assert net.parameters == (3 * 3 * 3 * 12 + 12) + (16 * 16 * 12 * 10 + 10)
    assert net.multiply_adds == 32 * 32 * 12 * 27 + 16 * 16 * 12 * 10
    assert net.memory == 4 * (32 * 32 * 3 + 2 * 32 * 32 * 12 + 16 * 16 * 12 + 10)


def test_convolutions_without_padding_shrink_the_volume() -> None:
    net = stack("32x32x3", [Convolution(6, 5), ReLU(), Convolution(10, 5), ReLU()])
    assert [str(layer.output) for layer in net.layers[::2]] == ["28x28x6", "24x24x10"]
    assert net.layers[0].parameters == 76 * 6


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_half_the_kernel_less_one_keeps_the_size(kernel: int) -> None:
    padding = (kernel - 1) // 2
    assert Convolution(1, kernel, padding=padding).on("7x7x3").output == Volume(7, 7, 1)
    fitting = fit_padding(Convolution(1, kernel), "7x7x3")
    assert f"Padding {padding} keeps the size." in str(fitting)


def test_one_by_one_filters_keep_the_size() -> None:
    layer = Convolution(32, 1).on("56x56x64")
    assert str(layer.output) == "56x56x32"
    assert layer.multiply_adds == 56 * 56 * 32 * 64


def test_pooling_drops_three_quarters() -> None:
    layer = Pooling(2, stride=2).on("224x224x64")
    assert (str(layer.output), layer.dropped, layer.parameters) == ("112x112x64", 0.75, 0)
    assert "The windows do not overlap.\n75 % of the activations are gone." in str(layer)
    assert "The windows overlap by 1." in str(Pooling(3, stride=2).on("55x55x96"))


def test_the_last_window_may_be_smaller() -> None:
    layer = Pooling(3, stride=2, ceil=True).on("6x6x1")
    assert str(layer.output) == "3x3x1"
    assert layer.remarks == ("The last window is smaller: 2 of 3 rows and columns.",)


def test_what_does_not_fit_is_rounded_down() -> None:
    layer = Convolution(1, 3, stride=2).on("10x10x1")
    assert str(layer.formulas["height"]) == "(10 - 3 + 2*0)/2 + 1 = 4.5, floor 4"
    assert layer.unused == (1, 1)
    assert layer.remarks == ("The last row and column are never seen.",)


def test_what_is_left_over_may_be_padding_only() -> None:
    layer = Convolution(1, 3, stride=2, padding=1).on("224x224x3")
    assert str(layer.output) == "112x112x1"
    assert layer.unused == (0, 0)
    (remark,) = layer.remarks
    assert remark == "What is left over at the end is padding: no row or column is lost."


def test_a_window_in_the_padding_is_dropped() -> None:
    window = Window(5, 2, stride=2, before=1, after=1, ceil=True)
    assert (window.exact, window.dropped, window.output) == (3.5, True, 3)
    assert str(window.formula) == "(5 - 2 + 2*1)/2 + 1 = 3.5, ceil 4, less 1: 3"


def test_padding_whatever_fits() -> None:
    fits = {(w.before, w.after): w.output for w in paddings_that_fit(227, 11, 4)}
    assert fits == {(p, p): (216 + 2 * p) // 4 + 1 for p in range(11) if (216 + 2 * p) % 4 == 0}
    odd = {(w.before, w.after): w.output for w in paddings_that_fit(32, 5, 2)}
    assert odd == {(p, p + 1): (27 + 2 * p + 1) // 2 + 1 for p in range(4)}
    assert paddings_that_fit(10, 1, 2) == ()
    assert [w.before for w in paddings_that_fit(5, 7, 2)] == [1, 2, 3, 4, 5, 6]


def test_padding_that_fits_one_axis_only() -> None:
    page = str(fit_padding(Convolution(6, 5, stride=2), "32x33x3"))
    assert "1+2      (32 - 5 + 1 + 2)/2 + 1 = 16" in page
    assert "2        (33 - 5 + 2*2)/2 + 1 = 17" in page
    assert "Without padding it does not fit: (32 - 5 + 2*0)/2 + 1 = 14.5, floor 14." in page


ALEXNET: list[Operation] = [
    *(Convolution(96, 11, stride=4), Pooling(3, 2)),
    *(Convolution(256, 5, padding=2, groups=2), Pooling(3, 2)),
    Convolution(384, 3, padding=1),
    Convolution(384, 3, padding=1, groups=2),
    *(Convolution(256, 3, padding=1, groups=2), Pooling(3, 2)),
    *(FullyConnected(4096), FullyConnected(4096), FullyConnected(1000)),
]


def test_alexnet_as_published() -> None:
    net = stack("227x227x3", ALEXNET)
    # Krizhevsky et al. 2012, figure 2 (its 253,440 for the first layer belongs to another size).
    sizes = [layer.output.activations for layer in net.layers if layer.parameters]
    assert sizes == [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert net.parameters == 60_965_224  # bvlc_reference_caffenet, "60 million" in the paper
    assert round(net.multiply_adds / 1e6) == 724
    pools = 27 * 27 * 96 + 13 * 13 * 256 + 6 * 6 * 256
    assert net.activations == 227 * 227 * 3 + sum(sizes) + pools == 936_323
    last = ["total", "936,323", "3.6", "MiB", "60,965,224", "724,406,816"]
    assert str(net).splitlines()[-1].split() == last


def test_vgg16_as_published() -> None:
    operations: list[Operation] = []
    for depth, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        operations += [*[Convolution(depth, 3, padding=1)] * count, Pooling(2)]
    operations += [FullyConnected(units) for units in (4096, 4096, 1000)]
    net = stack("224x224x3", operations)
    assert net.parameters == 138_357_544
    assert round(net.multiply_adds / 1e9, 2) == 15.47
    # CS231n's listing of this network, whose lines are these.
    assert net.layers[0].output.activations == 3_211_264
    assert net.layers[17].output == Volume(7, 7, 512)
    assert net.layers[18].parameters == 102_764_544


def test_a_stack_names_the_layer_that_does_not_fit() -> None:
    with pytest.raises(UsageError) as caught:
        stack("32x32x3", [Convolution(4, 5), Pooling(2), Convolution(4, 15)])
    assert str(caught.value) == (
        "Layer 3 on 14x14x4: A kernel of 15 is larger than the input: "
        "14 rows, 14 with the padding.\n"
        "  Pad by at least 1 at each side, or take a smaller kernel."
    )


def test_an_empty_stack_gives_what_it_gets() -> None:
    net = stack("2x3x4", [])
    assert (net.output, net.activations, net.parameters) == (Volume(2, 3, 4), 24, 0)


@pytest.mark.parametrize(
    ("operation", "volume", "message"),
    [
        (Convolution(6, 3), "32x3", r"'32x3' is not a volume\.\n  Write height x width x depth"),
        (Convolution(6, 3), (0, 3, 3), r"\(0, 3, 3\) is not a volume"),
        (Convolution(0, 3), "8x8x3", r"filters=0 is not allowed"),
        (Convolution(6, 0), "8x8x3", r"kernel=0 is not allowed\.\n  Give a whole number above"),
        (Convolution(6, 3, stride=0), "8x8x3", r"stride=0 is not allowed"),
        (Convolution(6, 3, padding=-1), "8x8x3", r"padding=-1 is not allowed"),
        (Convolution(6, 3, padding="fits"), "8x8x3", r"padding='fits' is not known"),
        (Convolution(6, 3, 2, "same"), "8x8x3", r"padding='same' needs stride 1, not 2"),
        (Convolution(6, 3, groups=4), "8x8x3", r"4 groups do not divide an input of depth 3\."),
        (Convolution(6, 3, groups=4), "8x8x8", r"divides depth 8 and 6 filters: 1, 2\."),
        (Pooling(3, padding=2), "8x8x3", r"Padding 2 is more than half .*\n  Pad by 1 at most"),
        (AdaptivePooling(0), "8x8x3", r"output=0 is not allowed"),
        (FullyConnected(0), "8x8x3", r"units=0 is not allowed"),
    ],
)
def test_mistakes_say_what_to_do(operation: Operation, volume: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        operation.on(volume)


def test_a_window_of_nothing_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="Give a size, kernel, stride and dilation above zero"):
        Window(10, 3, stride=0)
