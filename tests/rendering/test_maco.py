"""Natural magnitudes, and none of the faults that other implementations have."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests.rendering.planted import wrap
from vizkit.rendering.canvases.maco import MacoCanvas
from vizkit.rendering.color import color_axes
from vizkit.rendering.measure import luminance_deviation
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")


def canvas(channels: int, size: tuple[int, int], units: int = 1) -> MacoCanvas:
    generators = [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in range(units)]
    return MacoCanvas(channels, size, generators, CPU)


def spectra(images: Tensor) -> Tensor:
    """Whole spectra, B C H W, of images before their sigmoid, along the axes of natural colors."""
    colored = torch.logit(images.detach().double())
    planes = torch.einsum(
        "ac,bchw->bahw", torch.linalg.inv(color_axes(colored.shape[1]).double()), colored
    )
    return torch.fft.fft2(planes)


def frequencies(height: int, width: int) -> Tensor:
    vertical, horizontal = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    return torch.from_numpy(np.hypot(vertical, horizontal))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(32, 32), (24, 64), (72, 16)])
def test_magnitudes_are_the_closed_form_whatever_the_phases(
    channels: int, size: tuple[int, int]
) -> None:
    """Alike in all directions; photographs' mean has 1.2 to 1.6 times more along the axes."""
    painted = canvas(channels, size, units=2)
    with torch.no_grad():
        painted.parameters[1] += torch.randn(painted.parameters[1].shape)
    found = spectra(painted.images()).abs()
    frequency = frequencies(*size)
    shape = torch.where((frequency > 0) & (frequency < 0.5), frequency.clamp(min=1e-3) ** -1.2, 0.0)
    # A root mean square of 1 over pixels and channels, by Parseval.
    share = color_axes(channels).double().square().sum() / channels
    expected = shape * math.prod(size) / (shape.square().sum() * share).sqrt()
    torch.testing.assert_close(
        found, expected.expand_as(found), rtol=1e-3, atol=1e-3 * float(expected.max())
    )


def test_no_corner_has_more_than_its_share() -> None:
    """Phases drawn from a normal distribution leave a blob of 30 % of the energy there."""
    painted = canvas(1, (32, 32), units=256)
    energy = torch.logit(painted.images().detach().double()).square().sum((0, 1))
    for rows in (slice(0, 8), slice(12, 20), slice(24, 32)):
        for columns in (slice(0, 8), slice(12, 20), slice(24, 32)):
            share = float(energy[rows, columns].sum() / energy.sum())
            assert share == pytest.approx(1 / 16, rel=0.2)


def test_phases_fill_the_circle() -> None:
    angles = spectra(canvas(1, (32, 32), units=64).images()).angle()[:, 0]
    inside = (frequencies(32, 32) > 0) & (frequencies(32, 32) < 0.5)
    for power in (1, 2):
        assert float(torch.exp(1j * power * angles[:, inside]).mean().abs()) < 0.02


@pytest.mark.parametrize("color", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 1.0)])
def test_mean_color_stays_gray_even_for_a_unit_that_wants_another(
    color: tuple[float, float, float],
) -> None:
    """Free phases of the constant terms give every picture a cast; here there are none."""
    starts = canvas(3, (40, 40), units=16).images().detach().mean((2, 3))
    assert float((starts - 0.5).abs().max()) < 0.02
    net = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.ReLU())
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(color).view(1, 3, 1, 1))
    recipe = vizkit.Recipe(steps=48, canvas="maco", dtype="float32")
    (render,) = vizkit.render(wrap(net), "1:0", size=40, recipe=recipe)
    assert float((render.image.mean((1, 2)) - 0.5).abs().max()) < 0.05


def test_contrast_is_that_of_photographs_and_nothing_is_clipped() -> None:
    net = vizkit.load("lenet5")
    natural = luminance_deviation(net.images("photographs").tensor()).mean()
    images = canvas(3, (96, 96), units=8).images().detach()
    assert float(luminance_deviation(images).mean()) == pytest.approx(float(natural), rel=0.25)
    assert float(((images < 1 / 510) | (images > 1 - 1 / 510)).float().mean()) < 1e-3


def test_gradient_in_the_phases_is_that_of_finite_differences() -> None:
    painted = canvas(3, (9, 12))
    weights = torch.randn(3, 9, 12, generator=torch.Generator().manual_seed(0))

    def value() -> Tensor:
        return (painted.images()[0] * weights).double().sum()

    (gradient,) = torch.autograd.grad(value(), [painted.parameters])
    for place in [(0, 0, 1, 2), (0, 1, 3, 0), (0, 2, 5, 1)]:
        values = []
        for step in (1e-2, -2e-2):
            with torch.no_grad():
                painted.parameters[place] += step
            values.append(value().detach())
        with torch.no_grad():
            painted.parameters[place] += 1e-2
        difference = float((values[0] - values[1]) / 2e-2)
        assert float(gradient[place]) == pytest.approx(difference, rel=0.02, abs=2e-3)
