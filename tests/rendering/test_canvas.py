from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
import torch

import vizkit
from vizkit.rendering.canvases.fourier import FourierCanvas, spectrum_weight
from vizkit.rendering.color import color_axes
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")


def canvas(channels: int, size: tuple[int, int], units: int = 1) -> FourierCanvas:
    generators = [unit_generator(f"net/layer:{unit}", 0, 0) for unit in range(units)]
    return FourierCanvas(channels, size, generators, CPU)


@pytest.mark.parametrize("size", [(32, 32), (24, 64), (72, 16)])
@pytest.mark.parametrize("wave", [(1, 1), (3, 0), (0, 2), (-2, 5)])
def test_one_frequency_is_one_cosine(size: tuple[int, int], wave: tuple[int, int]) -> None:
    """Closed form of the inverse transform of a single coefficient."""
    (height, width), (rows, columns) = size, wave
    painted = canvas(1, size)
    with torch.no_grad():
        painted.parameters.zero_()
        painted.parameters[0, 0, rows, columns, 0] = 0.5
        painted.parameters[0, 0, rows, columns, 1] = 0.25
        (image,) = painted.images()[0]
    frequency = math.hypot(rows / height, columns / width)
    weight = 0.25 * math.sqrt(height * width) / max(frequency, 1 / max(size))
    y, x = np.mgrid[:height, :width]
    angle = 2 * math.pi * (rows * y / height + columns * x / width)
    both_sides = 2 if columns else 1  # columns=0 has no mirror image in the half spectrum
    expected = weight * both_sides * (0.5 * np.cos(angle) - 0.25 * np.sin(angle)) / (height * width)
    np.testing.assert_allclose(torch.logit(image), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (31, 32), (32, 31), (75, 91)])
def test_weight_falls_with_frequency(size: tuple[int, int]) -> None:
    height, width = size
    weight = spectrum_weight(height, width).double().numpy()
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1 / max(size)
    frequency = np.maximum(frequency, 1 / max(size))
    np.testing.assert_allclose(weight * frequency, 0.25 * math.sqrt(height * width), rtol=1e-5)
    assert weight.shape == (height, width // 2 + 1)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.5, 2.0])
def test_a_steeper_weight_falls_so_and_is_as_strong_in_all(exponent: float) -> None:
    plain, steep = (spectrum_weight(32, 48, e).double() for e in (1.0, exponent))
    ratio = (steep / plain**exponent)[1:, 1:]
    assert float(ratio.max() / ratio.min()) == pytest.approx(1, rel=1e-4)
    assert float(steep.square().sum()) == pytest.approx(float(plain.square().sum()), rel=1e-5)


def test_the_exponent_is_written_behind_the_name() -> None:
    def draw(canvas: str) -> torch.Tensor:
        recipe = vizkit.Recipe(steps=2, canvas=canvas)
        return vizkit.render("lenet5@random/c1:0", recipe=recipe)[0].image

    assert torch.equal(draw("fourier"), draw("fourier(1)"))
    assert not torch.equal(draw("fourier"), draw("fourier(1.5)"))


@pytest.mark.parametrize(
    ("canvas", "said"),
    [
        ("fourier(9)", "fourier=9.0 is out of range"),
        ("fourier(1, 2)", "does not have the numbers of 'fourier'"),
        ("fourier(steep)", "does not have the numbers of 'fourier'"),
        ("pixel(1)", "does not have the numbers of 'pixel'"),
        ("fourier(1", "'fourier(1' is no canvas"),
        ("fourrier(1)", "Did you mean 'fourier'"),
    ],
)
def test_what_is_no_canvas_is_said_before_any_work(canvas: str, said: str) -> None:
    with pytest.raises(vizkit.VizkitError, match=re.escape(said)):
        vizkit.render("lenet5@random/c1:0", recipe=vizkit.Recipe(steps=1, canvas=canvas))


@pytest.mark.parametrize("size", [(75, 91), (91, 75), (8, 8), (1, 1), (33, 48)])
def test_images_have_the_size_and_range_asked(size: tuple[int, int]) -> None:
    images = canvas(3, size, units=2).images().detach()
    assert images.shape == (2, 3, *size)
    assert images.dtype == torch.float32
    assert 0 < float(images.min()) <= float(images.max()) < 1


def test_the_start_is_nearly_flat_gray() -> None:
    images = canvas(3, (64, 64), units=8).images().detach()
    assert abs(float(images.mean()) - 0.5) < 0.02
    assert 0 < float(images.std()) < 0.05


def test_a_spectrum_of_white_parameters_falls_like_one_over_frequency() -> None:
    """The mean power over many canvases, ring by ring."""
    painted = canvas(1, (64, 64), units=64)
    with torch.no_grad():
        power = torch.fft.rfft2(torch.logit(painted.images().double())).abs().square().mean((0, 1))
    vertical, horizontal = torch.fft.fftfreq(64)[:, None], torch.fft.rfftfreq(64)[None]
    frequency = torch.hypot(vertical.expand(64, 33), horizontal.expand(64, 33))
    rings = [(low, 2 * low) for low in (0.02, 0.04, 0.08, 0.16)]
    inside = [power[(frequency >= a) & (frequency < b)].mean() for a, b in rings]
    for one, other in pairwise(inside):
        assert float(one / other) == pytest.approx(4, rel=0.15)


def test_color_axes_are_the_published_ones() -> None:
    """Normalized by its longest column, as several libraries print it, transposed."""
    published = torch.tensor(
        [
            [0.56282854, 0.5844758, 0.5844758],
            [0.19482528, 0.0, -0.19482528],
            [0.0432945, -0.10823626, 0.06494176],
        ]
    )
    torch.testing.assert_close(color_axes(3), published.T, atol=1e-6, rtol=0)
    lengths = color_axes(3).norm(dim=0)
    torch.testing.assert_close(lengths, torch.tensor([1.0, 0.276, 0.133]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_other_numbers_of_channels_are_not_mixed(channels: int) -> None:
    assert torch.equal(color_axes(channels), torch.eye(channels))


def test_the_first_axis_is_gray() -> None:
    """A wave along it moves all colors alike; one along the second parts red from blue."""
    painted = canvas(3, (16, 16))
    for axis, alike in ((0, True), (1, False)):
        with torch.no_grad():
            painted.parameters.zero_()
            painted.parameters[0, axis, 1, 1, 0] = 1
            red, _, blue = torch.logit(painted.images()[0])
        assert (float((red * blue).sum()) > 0) == alike


def test_gradient_in_the_spectrum_is_that_of_finite_differences() -> None:
    painted = canvas(3, (9, 12))
    weights = torch.randn(3, 9, 12, generator=torch.Generator().manual_seed(0))

    def value() -> torch.Tensor:
        return (painted.images()[0] * weights).double().sum()

    (gradient,) = torch.autograd.grad(value(), [painted.parameters])
    chosen = [(0, 0, 0, 0, 0), (0, 0, 1, 2, 1), (0, 1, 3, 1, 0), (0, 2, 5, 0, 0)]
    for place in chosen:
        with torch.no_grad():
            step, kept = 1e-2, painted.parameters[place].clone()
            painted.parameters[place] = kept + step
            above = value()
            painted.parameters[place] = kept - step
            below = value()
            painted.parameters[place] = kept
        difference = float((above - below) / (2 * step))
        assert float(gradient[place]) == pytest.approx(difference, rel=0.01, abs=3e-4)
