"""Weights between layers against autograd on a rewritten copy, and against the network itself."""

import copy
import json

import pytest
import torch
from torch import Tensor, nn

import vizkit
from vizkit.circuits import Linearized, downstream, upstream
from vizkit.cli import main
from vizkit.errors import UsageError

RGB = vizkit.Preprocessing((0.4, 0.5, 0.6), (0.2, 0.3, 0.25), (20, 18))


class Mixed(nn.Module):
    """Two branches of different depth, concatenated, and a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.left = nn.Sequential(nn.Conv2d(5, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.right = nn.Sequential(
            nn.Conv2d(5, 3, 1), nn.ReLU(), nn.MaxPool2d(3, 1, 1), nn.Conv2d(3, 4, 3, padding=1)
        )
        self.last = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        values = torch.relu(self.first(image))
        both = torch.cat([self.left(values), self.right(values)], 1)
        return both + self.last(both)


def network(module: nn.Module) -> vizkit.Network:
    torch.manual_seed(3)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-1, 1)
            part.running_var.uniform_(0.5, 2)
    return vizkit.load(module.eval(), name="net", preprocessing=RGB)


def whole(found: vizkit.circuits.Upstream, shape: torch.Size) -> Tensor:
    """The kernels in a map of zeros."""
    full = torch.zeros(shape)
    (y, x), (height, width) = found.corner, found.kernels.shape[1:]
    full[:, y : y + height, x : x + width] = found.kernels
    return full


@pytest.mark.parametrize("channel", [0, 3, 4, 7])
def test_upstream_is_the_gradient_of_a_copy_without_what_is_not_linear(channel: int) -> None:
    net = network(Mixed())
    found = upstream(net, f"last:{channel}", to="first")
    plain = copy.deepcopy(net.module)
    plain.left[2] = plain.right[1] = nn.Identity()
    plain.right[2] = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    values = torch.randn(1, 5, 20, 18, requires_grad=True)
    both = torch.cat([plain.left(values), plain.right(values)], 1)
    neuron = plain.last(both)[0, channel, 9, 8]
    (gradient,) = torch.autograd.grad(neuron, values)
    torch.testing.assert_close(whole(found, gradient[0].shape), gradient[0])
    assert found.removed == {"relu": 2, "max_pool2d": 1}


def test_contributions_add_up_to_the_response_on_a_real_image() -> None:
    net = vizkit.load("vgg16@random")
    image = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    found = upstream(net, "conv3_2:7@20,31")
    assert found.layer_name == "conv3_1" and not found.removed and found.offset is not None
    with torch.no_grad(), vizkit.capture(net, "conv3_1", after_activation=True) as below:
        net(image)
    with torch.no_grad(), vizkit.capture(net, "conv3_2") as here:
        net(image)
    response = here["conv3_2"][:, 7, 20, 31]
    summed = found.contributions(below["conv3_1"]).sum(1) + found.offset
    torch.testing.assert_close(summed, response, rtol=1e-4, atol=1e-4 * float(response.abs().max()))


def test_downstream_is_upstream_from_the_other_end() -> None:
    net = network(Mixed())
    found = downstream(net, "first:2", to="last")
    for channel in range(8):
        above = upstream(net, f"last:{channel}", to="first")
        full = whole(above, torch.Size((5, 20, 18)))[2]
        kernel, norm = found.kernels[channel], float(full.norm())
        torch.testing.assert_close(kernel.norm(), full.norm(), rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(kernel.sum(), full.sum(), rtol=0, atol=1e-4 * norm)


def test_a_residual_sum_counts_the_link_itself() -> None:
    net = network(Residual())
    found = upstream(net, "block:1", to="stem")
    torch.testing.assert_close(
        found.kernels[:, 0, 0], net.module.block.conv.weight[1, :, 0, 0] + torch.eye(4)[1]
    )


class Residual(nn.Module):
    """A convolution and a block that adds its input."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)

        def forward(self, values: Tensor) -> Tensor:
            return values + self.conv(values)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.block = self.Block()
        self.head = nn.Conv2d(7, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(torch.cat([self.block(self.stem(image)), image], 1))


def test_what_goes_around_a_layer_leaves_no_offset() -> None:
    net = network(Residual())
    assert upstream(net, "head:0", to="block").offset is None
    assert upstream(net, "block:0", to="stem").offset is not None


def test_a_product_of_values_has_no_weights() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.out = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1)

        def forward(self, image: Tensor) -> Tensor:
            values = self.conv(image)
            return self.out(values * torch.sigmoid(values.mean((2, 3), keepdim=True)))

    with pytest.raises(UsageError, match="multiplies"):
        upstream(network(Gated()), "out:0", to="conv")


@pytest.mark.parametrize(
    ("pool", "mean"),
    [
        (nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(3, 2, 1, True, False)),
        (nn.MaxPool2d(2), nn.AvgPool2d(2)),
        (nn.AdaptiveMaxPool2d((2, 3)), nn.AdaptiveAvgPool2d((2, 3))),
    ],
)
def test_maximum_pooling_takes_the_mean(pool: nn.Module, mean: nn.Module) -> None:
    values = torch.randn(2, 3, 11, 13)
    with Linearized():
        found = pool(values)
    torch.testing.assert_close(found, mean(values))


def test_a_dilated_pooling_is_refused() -> None:
    with Linearized(), pytest.raises(UsageError, match="dilated"):
        nn.MaxPool2d(2, dilation=2)(torch.zeros(1, 1, 8, 8))


def test_layers_in_the_wrong_order_and_single_neurons_are_refused() -> None:
    net = vizkit.load("lenet5")
    with pytest.raises(UsageError, match="c3 does not come before c1"):
        upstream(net, "c1:0", to="c3")
    with pytest.raises(UsageError, match="Give c1:0"):
        downstream(net, "c1:0@3,3")


def test_the_command_prints_both_sides(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert main(["circuit", "lenet5/c3:0", "--json", "--out", str(tmp_path), "--quiet"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["upstream"]["layer"] == "c1"
    assert printed["downstream"]["layer"] == "c5"
    assert sorted(tmp_path.iterdir()) == sorted(map(type(tmp_path), printed["files"]))
    assert main(["circuit", "lenet5/c3:0"]) == 0
    assert "CHANNEL" in capsys.readouterr().out
