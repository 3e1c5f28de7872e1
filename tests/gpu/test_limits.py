"""Nothing waits within a step, memory is given back, and what is too much is said."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn

import vizkit
from tests import nets
from tests.gpu.cuda import DEVICE, ON_CUDA
from vizkit import Network, Preprocessing, Recipe
from vizkit.cli import main
from vizkit.errors import DeviceError
from vizkit.rendering import UnitsFailedError

pytestmark = ON_CUDA


# Waiting


@contextmanager
def waiting_is(mode: str) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Synchronization debug mode")
        torch.cuda.set_sync_debug_mode(mode)
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def render_without_waiting(net: Network, unit: str, dtype: str, *, wake: int) -> int:
    """Number of steps; from the end of the first to the end of the last, waiting is an error."""
    steps = 0

    def follow(step: vizkit.rendering.Step) -> None:
        nonlocal steps
        steps += 1
        torch.cuda.set_sync_debug_mode("error" if step.step < step.steps else "default")

    recipe = Recipe(steps=5, wake_steps=wake, rescues=0, dtype=dtype)
    with waiting_is("default"):
        vizkit.render(net, unit, recipe=recipe, progress=follow)
    return steps


@pytest.mark.parametrize("wake", [0, 5])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("unit", ["inception3a:0-3", "inception3a:1@2,3", "logits:2"])
def test_nothing_waits_for_the_device_between_steps(
    googlenet: Network, unit: str, dtype: str, wake: int
) -> None:
    assert render_without_waiting(googlenet, unit, dtype, wake=wake) == 5


def test_nothing_waits_with_channels_in_another_order() -> None:
    blue_first = Preprocessing((104.0, 117.0, 123.0), (1.0,) * 3, (32, 32), 255.0, (2, 1, 0))
    module = nets.seeded(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())).eval().to(DEVICE)
    net = vizkit.load(module, preprocessing=blue_first, name="planted")
    assert render_without_waiting(net, "0:0-3", "float32", wake=2) == 5


def test_nothing_waits_at_a_layer_before_its_relu(vgg16: Network) -> None:
    assert render_without_waiting(vgg16, "conv3_3:0-3", "bfloat16", wake=3) == 5


def test_the_guard_above_would_notice() -> None:
    value = torch.ones(1, device=DEVICE)
    with waiting_is("error"), pytest.raises(RuntimeError, match="synchroniz"):
        float(value)


# Memory


def test_renderings_keep_no_memory(googlenet: Network) -> None:
    recipe = Recipe(steps=3, rescues=0)
    kept = []
    for _ in range(4):
        vizkit.render(googlenet, "inception3a:0-3", recipe=recipe)
        kept.append(torch.cuda.memory_allocated())
    assert kept[1:] == [kept[1]] * 3


@contextmanager
def room(mebibytes: int) -> Iterator[None]:
    """Let torch take this much more memory and no more."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    allowed = torch.cuda.memory_reserved() + mebibytes * 2**20
    torch.cuda.set_per_process_memory_fraction(min(1.0, allowed / total))
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


@contextmanager
def card_full_but_for(mebibytes: int) -> Iterator[None]:
    """Let another tensor take the card, so that libraries too find no more than this."""
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info()
    taken = torch.empty(max(0, free - mebibytes * 2**20), dtype=torch.uint8, device=DEVICE)
    try:
        yield
    finally:
        del taken
        torch.cuda.empty_cache()


@pytest.mark.parametrize("limit", [room, card_full_but_for])
def test_too_little_memory_makes_blocks_smaller_and_fails_nothing(
    googlenet: Network, limit
) -> None:
    recipe = Recipe(steps=3, rescues=0)
    options = {"recipe": recipe, "block_size": 16}
    before = vizkit.render(googlenet, "conv1:0", **options)[0]
    with limit(300), pytest.warns(UserWarning, match="16 canvases of 512 x 512 pixels do not fit"):
        try:
            pictures = vizkit.render(googlenet, "conv1:0-15", size=512, **options)
        except UnitsFailedError as failed:
            assert all("does not fit the memory" in reason for reason in failed.failed.values())
        else:
            assert {picture.block_size for picture in pictures} <= {1, 4, 8}
    after = vizkit.render(googlenet, "conv1:0", **options)[0]
    assert after.error is None and after.final == pytest.approx(before.final, rel=0.05)


def test_one_picture_that_does_not_fit_is_said_too(googlenet: Network) -> None:
    """Where even the shape of the layer's output cannot be found with one image."""
    recipe = Recipe(steps=1, rescues=0)
    with room(64), pytest.raises(UnitsFailedError, match="does not fit the memory") as failed:
        vizkit.render(googlenet, "conv1:0", size=2048, recipe=recipe)
    assert [name.rpartition("/")[2] for name in failed.value.failed] == ["conv1:0"]
    with room(64), pytest.raises(vizkit.VizkitError, match="does not fit the memory"):
        vizkit.render(googlenet, "conv1:0@3,4", size=2048, recipe=recipe)


def test_the_command_line_says_that_a_picture_does_not_fit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with room(64):
        arguments = ["render", "googlenet@distilled/conv1:0", "--size", "2048", "--steps", "1"]
        assert main([*arguments, "--device", DEVICE, "--quiet"]) == 1
    said = capsys.readouterr()
    assert "does not fit the memory" in said.out + said.err


# Devices


def test_a_card_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeviceError, match=r"'cuda:99' is not a device of this machine.*cuda:0"):
        vizkit.load("lenet5", device="cuda:99")
    assert main(["render", "lenet5@digits/c1:0", "--device", "cuda:99"]) == 3
    assert "It has: cpu, cuda:0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "auto"])
def test_names_of_the_card(name: str) -> None:
    net = vizkit.load("lenet5@digits", device=name)
    assert net.device == torch.device("cuda", 0)
    (picture,) = vizkit.render(net, "c1:0", recipe=Recipe(steps=2))
    assert picture.error is None


def test_the_command_line_takes_the_card_by_itself(
    tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    arguments = ["render", "lenet5@digits/c3:0-3", "--steps", "4", "--out", str(tmp_path)]
    assert main([*arguments, "--quiet"]) == 0
    assert torch.cuda.max_memory_allocated() > 0 or before == 0
    assert len(list(tmp_path.glob("*.png"))) == 4
    assert capsys.readouterr().out.count("  ok  ") == 4


def test_doctor_names_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert torch.cuda.get_device_name(0) in capsys.readouterr().out
