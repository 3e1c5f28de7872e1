"""Magnitudes within a bounded distance of the natural ones, from fixed to free."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

import vizkit
from tests.rendering.planted import wrap
from tests.rendering.test_maco import canvas, frequencies, spectra
from vizkit.rendering.canvases.corridor import CorridorCanvas
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")


def corridor(channels: int, size: tuple[int, int], width: float, units: int = 1) -> CorridorCanvas:
    generators = [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in range(units)]
    return CorridorCanvas(channels, size, generators, CPU, 1.0, width)


def stirred(painted: CorridorCanvas, deviation: float) -> CorridorCanvas:
    """The canvas with log-magnitudes far from the natural ones."""
    noise = torch.randn(painted.parameters[:, 0].shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        painted.parameters[:, 0] += deviation * noise
    return painted


def test_without_width_it_is_maco() -> None:
    fixed, free = canvas(3, (24, 40), units=2), stirred(corridor(3, (24, 40), 0, units=2), 10)
    torch.testing.assert_close(free.images(), fixed.images(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
def test_no_magnitude_leaves_the_corridor(width: float) -> None:
    """However far parameters are driven, all to one side, or each to another."""
    size = (24, 40)
    inside = (frequencies(*size) > 0) & (frequencies(*size) < 0.5)
    natural = spectra(canvas(3, size).images()).abs()[..., inside]
    painted = stirred(corridor(3, size, width, units=3), 100)
    with torch.no_grad():
        painted.parameters[1, 0] = 50
        painted.parameters[2, 0, :, :4] = 50
        painted.parameters[2, 0, :, 4:] = -50
    distance = (spectra(painted.images()).abs()[..., inside] / natural).log()
    assert width * 0.5 < float(distance.abs().max()) <= width * 1.001


def test_no_magnitude_leaves_the_corridor_while_it_is_painted() -> None:
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 5), nn.Tanh(), nn.Conv2d(4, 3, 3)))
    inside = (frequencies(32, 32) > 0) & (frequencies(32, 32) < 0.5)
    natural = spectra(canvas(3, (32, 32)).images()).abs()[0, :, inside]
    farthest = []

    def watch(step: vizkit.rendering.Step) -> None:
        found = spectra(step.images).abs()[..., inside]
        farthest.append(float((found / natural).log().abs().max()))

    recipe = vizkit.Recipe(steps=24, canvas="corridor(0.7)", dtype="float32")
    vizkit.render(net, "2:1", size=32, recipe=recipe, progress=watch)
    assert farthest[0] < 0.01
    assert 0.2 < max(farthest) <= 0.7 * 1.001


def test_a_wide_one_is_free() -> None:
    """Log-magnitudes are then the parameters, but for the contrast of the whole picture."""
    painted = stirred(corridor(1, (32, 32), 20), 1)
    found = spectra(painted.images()).abs()[0, 0, :, :17]
    natural = spectra(canvas(1, (32, 32)).images()).abs()[0, 0, :, :17]
    once = (frequencies(32, 32)[:, :17] < 0.5) & (torch.arange(17) > 0)
    error = (found / natural).log()[once] - painted.parameters[0, 0, 0].detach()[once]
    assert float(error.std()) < 0.02


def test_a_width_out_of_range_is_named() -> None:
    recipe = vizkit.Recipe(steps=1, canvas="corridor(-1)")
    with pytest.raises(vizkit.VizkitError, match=re.escape("corridor=-1.0 is out of range")):
        vizkit.render("lenet5@random/c1:0", recipe=recipe)
