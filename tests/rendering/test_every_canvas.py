"""What holds on every canvas that there is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import vizkit
from tests.rendering.planted import GRAY, grating, planted, wrap
from vizkit.rendering import CANVASES
from vizkit.rendering.canvas import canvas_maker
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")
ALONE = [name for name in CANVASES if not CANVASES[name].coupled]
ALONE += ["fourier(1.5)", "corridor(0)", "corridor(4)"]
NAMES = [*CANVASES, *ALONE[-3:]]


def generators(units: range) -> list[torch.Generator]:
    return [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in units]


@pytest.mark.parametrize("name", NAMES)
def test_diagonal_gratings_are_painted_as_well_as_upright_ones(name: str) -> None:
    """Magnitudes averaged over photographs have 1.5 times less along diagonals."""
    angles = (0.0, 45.0, 90.0, 135.0)
    waves = torch.stack([grating(17, 3, angle) for angle in angles])
    waves = waves / waves.norm(dim=(1, 2), keepdim=True)
    net = wrap(planted(waves[:, None]), GRAY)
    recipe = vizkit.Recipe(steps=48, canvas=name, views="jitter(2)", dtype="float32")
    if name in ALONE:
        renders = list(vizkit.render(net, "1:0-3", size=56, recipe=recipe))
    else:
        pairs = [
            vizkit.render(net, f"1:{unit}", count=2, size=56, recipe=recipe) for unit in range(4)
        ]
        renders = [pair[0] for pair in pairs]
    upright = (renders[0].final + renders[2].final) / 2
    slanted = (renders[1].final + renders[3].final) / 2
    assert slanted / upright == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("size", [(32, 32), (27, 45), (1, 1)])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", NAMES)
def test_images_have_the_size_and_range_asked(
    name: str, channels: int, size: tuple[int, int]
) -> None:
    images = canvas_maker(name)(channels, size, generators(range(2)), CPU).images().detach()
    assert images.shape == (2, channels, *size)
    assert images.dtype == torch.float32
    assert 0 < float(images.min()) <= float(images.max()) < 1


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["maco", "corridor(1)"])
def test_a_unit_is_the_same_bit_for_bit_in_any_company(name: str, alpha: bool) -> None:
    net = vizkit.load("lenet5@random")
    recipe = vizkit.Recipe(steps=3, wake_steps=1, dtype="float32", canvas=name, alpha=alpha)

    def render(channels: list[int]) -> list[vizkit.rendering.Render]:
        units = [f"c3:{channel}" for channel in channels]
        return list(vizkit.render(net, units, size=(27, 45), recipe=recipe, block_size=4))

    (alone,), others = render([3]), render([5, 3, 0, 1])
    assert torch.equal(alone.image, others[1].image)
    assert alone.final == others[1].final
    if alpha:
        assert alone.alpha is not None and others[1].alpha is not None
        assert torch.equal(alone.alpha, others[1].alpha)


@pytest.mark.parametrize("name", ALONE)
def test_responses_rise(name: str) -> None:
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 5), nn.Tanh(), nn.Conv2d(4, 3, 3)))
    recipe = vizkit.Recipe(steps=24, canvas=name, dtype="float32", rescues=0)
    for render in vizkit.render(net, "2:0-2", size=32, recipe=recipe):
        assert render.final > render.initial + 0.02
