"""Fields of a network are calculated once, and anew when what they follow from was changed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests.rendering.planted import wrap
from vizkit.errors import UsageError
from vizkit.receptive_fields import receptive_field
from vizkit.receptive_fields.calculate import fields_or_none


class Scaled(nn.Module):
    """Every `step`-th column, and rows that an index picks."""

    def __init__(self) -> None:
        super().__init__()
        self.step = 1
        self.register_buffer("picked", torch.arange(8))

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, self.picked, :: self.step]


def network() -> vizkit.Network:
    return wrap(nn.Sequential(Scaled(), nn.Conv2d(3, 2, 3), nn.Dropout()))


def test_the_same_size_is_calculated_once() -> None:
    net = network()
    fields = receptive_field(net, 16)
    assert receptive_field(net, (16, 16)) is fields
    assert receptive_field(net, (3, 16, 16)) is fields
    assert receptive_field(net, 17) is not fields
    assert receptive_field(network(), 16) is not fields


def test_weights_and_train_flags_do_not_matter() -> None:
    net = network()
    fields = receptive_field(net, 16)
    net.module.train()
    with torch.no_grad():
        net.module[1].weight.mul_(2)
    assert receptive_field(net, 16) is fields


def pick(net: vizkit.Network) -> None:
    net.module[0].picked[3] = 0


def replace(net: vizkit.Network) -> None:
    net.module[1] = nn.Conv2d(3, 2, (5, 3))


def hook(net: vizkit.Network) -> None:
    net.module[1].register_forward_hook(lambda _, args, output: output.sum((2, 3), keepdim=True))


CHANGES: dict[str, Callable[[vizkit.Network], None]] = {
    "a setting of PyTorch's": lambda net: setattr(net.module[1], "dilation", (2, 1)),
    "a setting of one's own": lambda net: setattr(net.module[0], "step", 2),
    "another forward": lambda net: setattr(net.module[1], "forward", lambda x: x[..., 2:]),
    "an index": pick,
    "a part": replace,
    "a hook": hook,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str) -> None:
    net = network()
    before = receptive_field(net, 16)
    CHANGES[change](net)
    after = receptive_field(net, 16)
    fresh = receptive_field(network(), 16)
    CHANGES[change](changed := network())
    expected = receptive_field(changed, 16)
    unit = ("2", 0, (0, 0))
    assert after.unit(*unit).box == expected.unit(*unit).box
    assert after.unit(*unit).pixels.tolist() == expected.unit(*unit).pixels.tolist()
    assert before.unit(*unit).pixels.tolist() == fresh.unit(*unit).pixels.tolist()
    assert after is not before


def test_why_there_are_none_is_kept_too() -> None:
    passes = []

    class Deciding(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            passes.append(x)
            return x if x.mean() > 0 else -x

    net = wrap(nn.Sequential(Deciding(), nn.Conv2d(3, 2, 3)))
    messages = []
    for _ in range(2):
        with pytest.raises(UsageError, match="takes a decision") as raised:
            receptive_field(net)
        messages.append(str(raised.value))
    assert messages[0] == messages[1] and len(passes) == 1
    assert fields_or_none(net) is None


def test_they_go_with_the_network() -> None:
    net = network()
    kept = weakref.ref(receptive_field(net))
    for size in range(16, 26):
        receptive_field(net, size)
    gc.collect()
    assert kept() is None
    kept = weakref.ref(receptive_field(net, 25))
    del net
    gc.collect()
    assert kept() is None
