"""The central promise: a unit's picture is the same bit for bit, whatever runs beside it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

import vizkit
from tests.gpu.cuda import ON_CUDA
from tests.gpu.test_rendering import sparse
from vizkit import Network, Recipe
from vizkit.address import parse_address
from vizkit.rendering import Renderer

pytestmark = ON_CUDA

DTYPES = ("float32", "bfloat16")
LAYERS = ("conv1", "conv2", "inception3a", "inception4c", "inception5b", "logits")

Picture = tuple[Tensor, float, float, float]


def pictures(
    net: Network, units: Sequence[str], dtype: str, block: int = 8, steps: int = 12
) -> dict[str, Picture]:
    """Picture and numbers of each unit, of blocks filled in the order given."""
    recipe = Recipe(steps=steps, wake_steps=steps // 3, rescues=0, dtype=dtype)
    renderer = Renderer(net, recipe)
    layer = net.layer(units[0].partition(":")[0])
    whole = "@" in units[0]
    canvas = vizkit.rendering.size_canvas(net, layer, whole=whole).canvas
    found = {}
    for first in range(0, len(units), block):
        part = [parse_address(f"{net.source}/{unit}") for unit in units[first : first + block]]
        for render in renderer.block(part, canvas=canvas, block_size=block):
            numbers = (render.initial, render.final, render.peak)
            found[render.address.partition("/")[2]] = (render.image, *numbers)
    return found


def differences(one: dict[str, Picture], other: dict[str, Picture]) -> dict[str, str]:
    """Units that differ, and by how much."""
    found = {}
    for name, (image, *numbers) in other.items():
        if not torch.equal(image, one[name][0]) or numbers != [*one[name][1:]]:
            apart = (image - one[name][0]).abs()
            share = float((apart > 0).float().mean())
            found[name] = f"{share:.1%} of the pixels, by up to {float(apart.max()):.2g}"
    return found


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("canvas", ["maco", "corridor(1)"])
def test_twice_the_same_on_every_kind_of_canvas(
    googlenet: Network, canvas: str, alpha: bool
) -> None:
    """Replayed, too: that a step waits for the device would be a warning, and so an error."""
    recipe = Recipe(steps=12, wake_steps=4, rescues=0, canvas=canvas, alpha=alpha)
    one, other = (
        vizkit.render(googlenet, "inception3a:0-3", recipe=recipe, block_size=4) for _ in range(2)
    )
    for first, second in zip(one, other, strict=True):
        assert torch.equal(first.image, second.image)
        assert first.final == second.final
        if first.alpha is not None and second.alpha is not None:
            assert torch.equal(first.alpha, second.alpha)
        assert (first.alpha is not None) == alpha


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", LAYERS)
def test_twice_the_same(googlenet: Network, layer: str, dtype: str) -> None:
    names = [f"{layer}:{channel}" for channel in range(8)]
    one = pictures(googlenet, names, dtype)
    assert differences(one, pictures(googlenet, names, dtype)) == {}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", LAYERS)
def test_the_same_in_any_company(googlenet: Network, layer: str, dtype: str) -> None:
    """In another order, with other neighbors, and with padding in place of them."""
    names = [f"{layer}:{channel}" for channel in range(13)]
    reference = pictures(googlenet, names, dtype)
    shuffled = random.Random(0).sample(names, len(names))
    assert differences(reference, pictures(googlenet, shuffled, dtype)) == {}
    assert differences(reference, pictures(googlenet, names[9:10], dtype)) == {}
    assert differences(reference, pictures(googlenet, names[3:6], dtype)) == {}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", ["conv1_2", "conv3_3", "conv5_1"])
def test_the_same_in_any_company_in_vgg16(vgg16: Network, layer: str, dtype: str) -> None:
    names = [f"{layer}:{channel}" for channel in range(9)]
    reference = pictures(vgg16, names, dtype, block=4, steps=6)
    assert differences(reference, pictures(vgg16, names[::-1], dtype, block=4, steps=6)) == {}


@pytest.mark.parametrize("block", [1, 4, 16, 64])
def test_the_same_in_any_company_at_every_block_size(googlenet: Network, block: int) -> None:
    names = [f"inception3a:{channel}" for channel in range(min(block, 16))]
    reference = pictures(googlenet, names, "bfloat16", block=block, steps=6)
    again = pictures(googlenet, names[::-1], "bfloat16", block=block, steps=6)
    assert differences(reference, again) == {}


@pytest.mark.parametrize("dtype", DTYPES)
def test_neurons_in_any_company(googlenet: Network, dtype: str) -> None:
    names = ["inception3a:0@9,9", "inception3a:1@0,0", "inception3a:2@27,27", "inception3a:5@3,20"]
    reference = pictures(googlenet, names, dtype, block=4, steps=6)
    for name in names:
        alone = pictures(googlenet, [name], dtype, block=4, steps=6)
        assert differences(reference, alone) == {}


def test_rescued_neighbors_change_nothing() -> None:
    net = sparse(0.0)
    with torch.no_grad():
        net.module[0].bias[2] = -1e6
    recipe = Recipe(steps=8, dtype="float32")
    together = vizkit.render(net, "0:0-3", size=32, block_size=4, recipe=recipe)
    for place in (0, 2, 3):
        (alone,) = vizkit.render(net, f"0:{place}", size=32, block_size=4, recipe=recipe)
        assert torch.equal(alone.image, together[place].image)
        assert (alone.final, alone.attempts) == (together[place].final, together[place].attempts)


def test_the_same_file_twice_with_the_default_recipe(googlenet: Network) -> None:
    one, other = (vizkit.render(googlenet, "inception4c:440-447") for _ in range(2))
    assert [each.to_png() for each in one] == [each.to_png() for each in other]
