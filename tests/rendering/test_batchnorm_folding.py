"""BatchNorm folded into convolutions, beside the network as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Recipe
from vizkit.rendering.batchnorm_folding import fold_batch_norm
from vizkit.rendering.frozen import FrozenNetwork


def lively(module: nn.Module) -> nn.Module:
    """Module in double precision whose BatchNorms do something, in eval mode."""
    module = nets.seeded(module).double().eval()
    generator = torch.Generator().manual_seed(5)
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d) and child.running_mean is not None:
            child.running_mean.normal_(0, 0.5, generator=generator)
            child.running_var.uniform_(0.2, 3, generator=generator)
    return module


class Pair(nn.Module):
    """A convolution and a BatchNorm; subclasses say what else happens."""

    def __init__(self, **options: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, bias=bool(options.pop("bias", True)))
        self.bn = nn.BatchNorm2d(4, **options)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class Strided(Pair):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2, 2, 2, bias=False, padding_mode="circular")
        self.deep = nn.Conv2d(4, 6, 3, groups=2, padding="same")
        self.deep_bn = nn.BatchNorm2d(6, eps=0.3)

    def forward(self, x: Tensor) -> Tensor:
        return self.deep_bn(self.deep(F.relu(super().forward(x), inplace=True)))


class Siblings(nn.Module):
    """Two users of one tensor in front, each with a BatchNorm of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = Pair(), Pair()

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) - 2 * self.other(x)


FOLDED: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "Inception blocks": (nets.TinyInception, 13),
    "with a bias": (Pair, 1),
    "without a bias": (lambda: Pair(bias=False), 1),
    "BatchNorm without weights": (lambda: Pair(affine=False), 1),
    "neither": (lambda: Pair(affine=False, bias=False), 1),
    "strides, groups, borders": (Strided, 2),
    "two branches": (Siblings, 2),
    "by position": (lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(True)), 1),
}


@pytest.mark.parametrize("name", FOLDED)
def test_folded_networks_compute_the_same(name: str) -> None:
    make, pairs = FOLDED[name]
    module = lively(make())
    images = nets.images().double()
    expected = module(images)
    folded = copy.deepcopy(module)
    assert len(fold_batch_norm(folded, images[:1])) == pairs
    norms = [child for child in folded.modules() if isinstance(child, nn.BatchNorm2d)]
    for child in norms:  # would show in the output if anything still computed with them
        child.running_var.fill_(torch.nan)
    torch.testing.assert_close(folded(images), expected, rtol=1e-12, atol=1e-12)


class UsedTwice(Pair):
    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return self.bn(y) + y


class UsedBefore(Pair):
    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        mean = y.mean()
        return self.bn(y) * mean


class SharedConvolution(Pair):
    def __init__(self) -> None:
        super().__init__()
        self.bn2 = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) + self.bn2(self.conv(x.flip(3)))


class SharedNorm(Pair):
    def __init__(self) -> None:
        super().__init__()
        self.conv2 = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) + self.bn(self.conv2(x))


class TiedWeights(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(super().forward(x), self.conv.weight)


class BetweenThem(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x).relu_())


class NormAlone(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(self.conv(x), self.bn.running_mean, self.bn.running_var)


def weight_normed() -> nn.Module:
    module = Pair()
    parametrizations.weight_norm(module.conv)
    return module


def watched() -> nn.Module:
    module = Pair()
    module.conv.register_forward_hook(lambda *args: args[2] * 2)
    return module


class Louder(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) ** 3


def own_class() -> nn.Module:
    module = Pair()
    module.conv = Louder(3, 4, 3)
    return module


LEFT_ALONE: dict[str, Callable[[], nn.Module]] = {
    "used after": UsedTwice,
    "used before": UsedBefore,
    "shared convolution": SharedConvolution,
    "shared BatchNorm": SharedNorm,
    "tied weights": TiedWeights,
    "something between": BetweenThem,
    "function": NormAlone,
    "parametrized": weight_normed,
    "hook": watched,
    "own class": own_class,
    "statistics of the batch": lambda: Pair(track_running_stats=False),
    "no BatchNorm": nets.TinyResNet,
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_cannot_be_folded_is_left_alone(name: str) -> None:
    module = lively(LEFT_ALONE[name]())
    images = nets.images().double()
    expected = module(images)
    assert fold_batch_norm(module, images[:1]) == ()
    torch.testing.assert_close(module(images), expected, rtol=0, atol=0)
    assert nets.count_hooks(module) == (name == "hook")


class Wrapped(nn.Module):
    """The convolution's output is also that of a container around it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3)), nn.BatchNorm2d(4))
        self.same = self.stem[1]

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.stem(x), inplace=True)


@pytest.mark.parametrize("make", [Wrapped, nets.TinyInception])
def test_every_layer_shows_its_own_output(make: Callable[[], nn.Module]) -> None:
    net = wrap(lively(make()).float())
    frozen = FrozenNetwork(net)
    images = nets.images(size=32)
    for layer in net.layers:
        with vizkit.capture(net, [layer.name]) as expected:
            net.module(images)
        with frozen.showing([layer.name]) as module, vizkit.capture(module, [layer.name]) as shown:
            module(images)
        torch.testing.assert_close(shown[layer.name], expected[layer.name], rtol=1e-4, atol=1e-4)


def test_folding_changes_no_picture_but_for_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    net = wrap(lively(nets.TinyInception()).float())
    recipe = Recipe(steps=3, dtype="float32")
    folded = vizkit.render(net, "mixed2:0-7", size=24, recipe=recipe)
    monkeypatch.setattr("vizkit.rendering.frozen.fold_batch_norm", lambda *_: ())
    plain = vizkit.render(net, "mixed2:0-7", size=24, recipe=recipe)
    for one, other in zip(folded, plain, strict=True):
        torch.testing.assert_close(one.image, other.image, rtol=0, atol=2e-3)
