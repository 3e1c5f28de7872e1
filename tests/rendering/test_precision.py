from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Recipe
from vizkit.networks.device import network_precision
from vizkit.rendering.precision import choose_dtype

CPU = torch.device("cpu")


def wide(channels: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, channels, 3))


@pytest.mark.parametrize(
    ("asked", "channels", "fast", "expected"),
    [
        ("float32", 512, True, torch.float32),
        ("bfloat16", 4, False, torch.bfloat16),
        ("auto", 512, True, torch.bfloat16),
        ("auto", 512, False, torch.float32),
        ("auto", 16, True, torch.float32),
    ],
)
def test_the_format_follows_what_is_asked_then_the_machine(
    monkeypatch: pytest.MonkeyPatch, asked: str, channels: int, fast: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr("vizkit.rendering.precision.fast_bfloat16", lambda _: fast)
    assert choose_dtype(asked, wide(channels), CPU) == expected


def test_a_network_without_convolutions_stays_in_full_precision() -> None:
    assert choose_dtype("auto", nn.Linear(3, 3), CPU) == torch.float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_network_computes_in_it_and_nothing_else_does(dtype: torch.dtype) -> None:
    module = wide(8)
    with network_precision(dtype, CPU):
        assert module(torch.zeros(1, 3, 8, 8)).dtype == dtype
    assert module(torch.zeros(1, 3, 8, 8)).dtype == torch.float32


def test_what_is_measured_is_measured_in_full_precision() -> None:
    seen: list[tuple[torch.dtype, bool]] = []

    class Watching(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            out = super().forward(x)
            seen.append((out.dtype, out.requires_grad))
            return out

    net = wrap(nets.seeded(nn.Sequential(Watching(3, 8, 3), nn.ReLU())))
    assert net.layers
    seen.clear()
    (picture,) = vizkit.render(net, "0:1", recipe=Recipe(steps=2, dtype="bfloat16"))
    assert picture.dtype == "bfloat16"
    assert picture.image.dtype == torch.float32
    assert {dtype for dtype, painting in seen if painting} == {torch.bfloat16}
    assert {dtype for dtype, painting in seen if not painting} == {torch.float32}
