"""Networks in wrappers are the networks in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from vizkit.networks.wrappers import shell, unwrapped
from vizkit.rendering import Recipe

WRAPPERS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "compile": lambda net: torch.compile(net, backend="eager"),
    "parallel": nn.DataParallel,
    "averaged": torch.optim.swa_utils.AveragedModel,
    "both": lambda net: torch.compile(nn.DataParallel(net), backend="eager"),
}
QUICK = Recipe(steps=1, rescues=0)


class Training(nn.Module):
    """A training loop with the network in it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nets.seeded(nets.Chain())
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_layers_have_the_names_of_the_network(wrap: Callable[[nn.Module], nn.Module]) -> None:
    inner = nets.seeded(nets.Chain()).eval()
    plain, wrapped = nets.plain(inner, 16, 3), nets.plain(wrap(inner), 16, 3)
    assert unwrapped(wrap(inner)).state_dict().keys() == inner.state_dict().keys()
    assert [layer.name for layer in wrapped.layers] == [layer.name for layer in plain.layers]
    assert wrapped.source == plain.source
    assert vizkit.receptive_field(wrap(inner), 16)["second"].size == (5, 5)
    (picture,) = vizkit.render(wrapped, "second:1", size=8, recipe=QUICK)
    assert torch.equal(
        picture.image, vizkit.render(plain, "second:1", size=8, recipe=QUICK)[0].image
    )


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_capture_sees_into_them_and_leaves_them_as_they_were(
    wrap: Callable[[nn.Module], nn.Module],
) -> None:
    inner = nets.seeded(nets.Chain()).eval()
    wrapped = wrap(inner).eval()
    images = nets.images()
    expected = wrapped(images)
    before = {name: sorted(vars(each)) for name, each in wrapped.named_modules()}
    forward = wrapped.forward
    with vizkit.capture(wrapped, "first", stop=False) as acts:
        assert torch.equal(wrapped(images), expected)
    assert torch.equal(acts["first"], unwrapped(wrapped).first(images))
    assert wrapped.forward == forward
    assert {name: sorted(vars(each)) for name, each in wrapped.named_modules()} == before
    assert torch.equal(wrapped(images), expected)


def test_a_network_that_is_compiled_in_place() -> None:
    net = nets.seeded(nets.Chain()).eval()
    net.compile(backend="eager")
    compiled = net._compiled_call_impl
    images = nets.images()
    net(images)
    with vizkit.capture(net, "first") as acts:
        assert net(images) is None
    assert acts["first"].shape == (2, 4, 16, 16)
    assert net._compiled_call_impl is compiled
    assert [layer.name for layer in nets.plain(net, 16, 3).layers][:2] == ["first", "second"]


def test_a_compiled_part_is_named_as_without() -> None:
    net = nn.Sequential()
    net.add_module("body", torch.compile(nets.seeded(nets.Chain()), backend="eager"))
    loaded = nets.plain(net.eval(), 16, 3)
    assert loaded.layer("body.second").channels == 5


def test_the_network_in_a_training_loop_is_named_with_and_without_it() -> None:
    loaded = nets.plain(Training(), 16, 3)
    assert shell(loaded.module) == "model."
    assert loaded.layer("second") is loaded.layer("model.second")
    with vizkit.capture(loaded.module, "second") as acts:
        loaded(nets.images())
    assert acts["second"].shape[1] == 5
