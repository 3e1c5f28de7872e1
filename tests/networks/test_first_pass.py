"""What cannot be looked at is refused before any work, with what to do."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from vizkit.errors import UsageError
from vizkit.networks.first_pass import guessed_channels

CONV = nn.Conv2d(3, 4, 3)


def scripted() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(nn.Sequential(CONV), torch.zeros(1, 3, 8, 8))


def with_a_scripted_part() -> nn.Module:
    return nn.Sequential(scripted(), nn.Conv2d(4, 2, 3))


def quantized() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = nn.Sequential(nn.Conv2d(3, 1, 8), nn.Flatten(), nn.Linear(1, 3))
        return torch.ao.quantization.quantize_dynamic(net, {nn.Linear})


def lazy() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(nn.LazyConv2d(4, 3))


def exported() -> nn.Module:
    net = nn.Sequential(CONV, nn.ReLU()).eval()
    return torch.export.export(net, (torch.zeros(1, 3, 8, 8),)).module()


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return self.conv(image * mask)


class Failing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.conv(x)
        raise AttributeError("no table named 'prices'")


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "scripted": (scripted, r"is scripted or traced.*\n  Give the nn\.Module"),
    "scripted part": (with_a_scripted_part, r"is scripted or traced"),
    "quantized": (quantized, r"is quantized: \w+ computes.*\n  Give the network in float32"),
    "lazy": (lazy, r"has lazy modules.*\n  Run it once on an image first"),
    "1-D": (lambda: nn.Sequential(nn.Conv1d(3, 4, 3)), r"takes sequences: .* a Conv1d.*\n"),
    "3-D": (lambda: nn.Sequential(nn.Conv3d(3, 4, 3)), r"takes volumes: .* a Conv3d.*\n"),
    "two inputs": (TwoInputs, r"needs other inputs than one image: .*mask.*\n  Wrap it"),
    "failing": (
        Failing,
        r"on an image of 1 x 3 x 16 x 16: AttributeError: no table named 'prices'\n"
        r"  See .*test_first_pass\.py, line \d+",
    ),
}
VERBS: dict[str, Callable[[vizkit.Network], object]] = {
    "layers": lambda net: net.layers,
    "render": lambda net: vizkit.render(net, "0:0", steps=1),
    "tuning": lambda net: vizkit.tuning(net, "0:0", images=nets.images()),
    "fields": vizkit.receptive_field,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_said_what_is_supported(
    make: Callable[[], nn.Module], message: str, verb: str
) -> None:
    module = make()
    with pytest.raises(UsageError, match=message):
        VERBS[verb](nets.plain(module, 16, 3))


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_so_it_is_of_a_bare_module(make: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("16 x 16", "224 x 224")):
        vizkit.receptive_field(make())


def test_an_exported_network_calls_no_modules() -> None:
    with pytest.raises(UsageError, match=r"calls none of its modules.*\n.*that it was made from"):
        nets.plain(exported(), 8, 3).layers  # noqa: B018


def test_a_sequence_inside_of_an_image_network_is_welcome() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(2), nn.Conv1d(4, 2, 3))
    assert [layer.name for layer in nets.plain(net, 8, 3).layers] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("net", "channels"),
    [
        (nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3)), 3),
        (nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 4, 3)), 1),
        (nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(24, 4, 3)), 6),
        (nn.Sequential(nn.Conv2d(5, 4, 3)), 5),
        (nn.Sequential(nn.Linear(16, 4)), 3),
    ],
)
def test_channels_are_those_that_the_network_takes(net: nn.Module, channels: int) -> None:
    assert guessed_channels(net, (16, 16)) == channels
    fields = vizkit.receptive_field(net, (16, 16))
    assert fields.graph.source.shape == (1, channels, 16, 16)


def test_a_caller_says_the_channels() -> None:
    net = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3))
    assert vizkit.receptive_field(net, (3, 16, 16))["1"].size == (6, 6)
    with pytest.raises(UsageError, match=r"takes 3 channels, not 12\.\n.*--input 3x16x16"):
        vizkit.receptive_field(net, (12, 16, 16))
