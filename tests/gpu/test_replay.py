"""A replayed step is the step itself: the same pictures bit for bit, and all that callbacks see."""

from __future__ import annotations

import itertools
import warnings
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests.gpu.cuda import ON_CUDA
from tests.gpu.test_limits import room, waiting_is
from tests.gpu.test_rendering import sparse
from vizkit import Network, Recipe
from vizkit.address import parse_address
from vizkit.rendering import Renderer, Step
from vizkit.rendering.replay import _say

pytestmark = ON_CUDA


def steps_as_they_are() -> Any:
    """Context without replaying."""
    return patch("vizkit.rendering.loop.replaying", lambda turn, _: nullcontext(turn))


def follow(
    net: Network, units: str, recipe: Recipe, block: int, *, replay: bool
) -> tuple[list[vizkit.Render], list[Step]]:
    """Pictures, and what a callback has seen on the way; kept until the end."""
    address = parse_address(f"{net.source}/{units}")
    canvas = vizkit.rendering.size_canvas(
        net, net.layer(units.partition(":")[0]), whole="@" in units
    ).canvas
    steps: list[Step] = []
    with nullcontext() if replay else steps_as_they_are():
        renders = Renderer(net, recipe).block(
            [address], canvas=canvas, block_size=block, progress=steps.append
        )
    return renders, steps


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("units", "block"),
    [("conv2:0-7", 8), ("inception3a:0-2", 4), ("inception4c:0-15", 16), ("inception5b:3", 1),
     ("logits:2-5", 4), ("inception3a:1@2,3", 1)],
)  # fmt: skip
def test_every_step_is_the_same(googlenet: Network, units: str, block: int, dtype: str) -> None:
    recipe = Recipe(steps=14, wake_steps=6, rescues=0, dtype=dtype)
    plain, replayed = (
        follow(googlenet, units, recipe, block, replay=replay) for replay in (False, True)
    )
    for one, other in zip(plain[1], replayed[1], strict=True):
        assert (one.step, one.steps, one.addresses) == (other.step, other.steps, other.addresses)
        assert torch.equal(one.images, other.images), f"images of step {one.step}"
        assert torch.equal(one.scores, other.scores), f"scores of step {one.step}"
    for before, after in zip(plain[0], replayed[0], strict=True):
        assert torch.equal(before.image, after.image)
        assert (before.initial, before.final, before.peak) == (
            after.initial, after.final, after.peak
        )  # fmt: skip


@pytest.mark.parametrize("canvas", ["pixel", "fourier"])
@pytest.mark.parametrize("views", ["", "rotate(30), scale(0.5), jitter(16), blur(2)"])
@pytest.mark.parametrize("steps", [1, 2, 3, 9])
def test_other_recipes(vgg16: Network, canvas: str, views: str, steps: int) -> None:
    recipe = Recipe(steps=steps, wake_steps=2, rescues=0, canvas=canvas, views=views)
    (one, *_), (other, *_) = (
        follow(vgg16, "conv2_1:0-3", recipe, 4, replay=replay)[0] for replay in (False, True)
    )
    assert torch.equal(one.image, other.image)


def test_rescues_are_the_same() -> None:
    net = sparse(-1.0)
    recipe = Recipe(steps=24, wake_steps=0, dtype="float32")
    renders = []
    for context in (nullcontext(), steps_as_they_are()):
        with context:
            renders.append(vizkit.render(net, "0:0-3", recipe=recipe, size=40))
    for one, other in zip(*renders, strict=True):
        assert torch.equal(one.image, other.image)
        assert one.attempts == other.attempts > 1


class Waits(nn.Sequential):
    """A network that asks for a number on the device."""

    def forward(self, images: Tensor) -> Tensor:
        assert float(images.detach().abs().max()) < 1e9
        return super().forward(images)


class Refuses(nn.Sequential):
    """A network that cannot be recorded, for a reason that nothing tells before."""

    def forward(self, images: Tensor) -> Tensor:
        if torch.cuda.is_current_stream_capturing():
            raise RuntimeError("not in a record")
        return super().forward(images)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(Waits, r"test_replay\.py:\d+ waits for the device"), (Refuses, "not in a record")],
)
def test_what_cannot_be_recorded_is_drawn_as_it_is(kind: type[nn.Sequential], reason: str) -> None:
    """And this is said, once."""
    plain = sparse(-1.0)
    module = kind(*plain.module).eval()
    own = vizkit.load(module, preprocessing=plain.preprocessing, name="planted")
    recipe = Recipe(steps=12, wake_steps=6, dtype="float32")

    def draw(net: Network) -> list[vizkit.Render]:
        return list(vizkit.render(net, "0:0-3", recipe=recipe, size=40))

    before = draw(plain)
    _say.cache_clear()
    with pytest.warns(UserWarning, match=reason) as said:
        after = draw(own)
        again = draw(own)
    assert len([each for each in said if "CUDA graph" in str(each.message)]) == 1
    for one, other, third in zip(before, after, again, strict=True):
        assert torch.equal(one.image, other.image) and torch.equal(one.image, third.image)
    assert torch.cuda.get_sync_debug_mode() == 0
    for one, other in zip(before, draw(plain), strict=True):
        assert torch.equal(one.image, other.image)


@pytest.mark.parametrize("block", [32, 128])
def test_large_blocks_are_the_same(googlenet: Network, block: int) -> None:
    recipe = Recipe(steps=6, wake_steps=3, rescues=0)
    options: dict[str, Any] = {"network": googlenet, "recipe": recipe, "block_size": block}
    few = vizkit.render("inception3a:2-4", **options)
    many = vizkit.render(f"inception3a:0-{block - 1}", **options)
    with steps_as_they_are():
        plain = vizkit.render("inception3a:2-4", **options)
    for place, picture in enumerate(few):
        assert torch.equal(picture.image, many[2 + place].image)
        assert torch.equal(picture.image, plain[place].image)


def test_what_a_callback_keeps_is_not_overwritten(googlenet: Network) -> None:
    recipe = Recipe(steps=8, wake_steps=0, rescues=0)
    _, steps = follow(googlenet, "conv2:0-3", recipe, 4, replay=True)
    for one, other in itertools.pairwise(steps):
        assert not torch.equal(one.images, other.images)


def test_nothing_waits(googlenet: Network) -> None:
    recipe = Recipe(steps=12, wake_steps=6, rescues=0, dtype="bfloat16")
    seen = 0

    def guard(step: Step) -> None:
        nonlocal seen
        seen += 1
        torch.cuda.set_sync_debug_mode("error" if step.step < step.steps else "default")

    address = parse_address(f"{googlenet.source}/inception3a:0-3")
    renderer = Renderer(googlenet, recipe)
    with waiting_is("default"), warnings.catch_warnings():
        warnings.simplefilter("error")
        renderer.block([address], canvas=(96, 96), block_size=4, progress=guard)
    assert seen == 12


def test_no_memory_is_kept(googlenet: Network) -> None:
    recipe = Recipe(steps=8, wake_steps=3, rescues=0)
    allocated, reserved = [], []
    for _ in range(5):
        follow(googlenet, "inception3a:0-15", recipe, 16, replay=True)
        allocated.append(torch.cuda.memory_allocated())
        reserved.append(torch.cuda.memory_reserved())
    assert allocated[1:] == [allocated[1]] * 4
    assert reserved[-1] <= reserved[1] + 64 * 2**20


def test_too_little_memory_is_said_and_over(googlenet: Network) -> None:
    address = parse_address(f"{googlenet.source}/conv1:0-15")
    renderer = Renderer(googlenet, Recipe(steps=6, rescues=0))

    def one() -> Tensor:
        return renderer.block([address], canvas=(64, 64), block_size=16)[0].image

    before = one()
    with room(300), pytest.warns(UserWarning, match="going on with"):
        renders = renderer.block([address], canvas=(512, 512), block_size=16)
    assert all(each.error is None or "fit the memory" in each.error for each in renders)
    assert torch.equal(before, one())
