from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import nn

from tests.transforms.pictures import dot, noise, waves
from vizkit.transforms import transform

sides = st.integers(7, 16)
pixels = st.integers(-3, 3)


@pytest.mark.parametrize(
    ("name", "place"), [("shift_x", (5, 8)), ("shift_y", (8, 5)), ("translation", (8, 8))]
)
def test_positive_shifts_go_down_and_right(name: str, place: tuple[int, int]) -> None:
    moved = transform(name).apply(dot(11, 12, 5, 5), 3)
    assert torch.equal(moved > 0.9, dot(11, 12, *place) == 1)
    rows = moved[0, 0, :3] if name != "shift_x" else moved[0, 0, :, :3]
    assert bool((rows == 0.5).all())


@settings(max_examples=40, deadline=None)
@given(sides, sides, pixels, pixels)
def test_circular_shifts_are_rolls_and_a_group(height: int, width: int, a: int, b: int) -> None:
    image = noise(1, 2, height, width)
    down, right = transform("circular_y"), transform("circular_x")
    assert torch.equal(right.apply(image, a), image.roll(a, 3))
    assert torch.equal(right.apply(right.apply(image, a), b), right.apply(image, a + b))
    assert torch.equal(down.apply(down.apply(image, a), -a), image)
    assert torch.equal(down.apply(right.apply(image, a), b), right.apply(down.apply(image, b), a))


@settings(max_examples=40, deadline=None)
@given(sides, sides, pixels, pixels)
def test_shifts_add_up_where_nothing_was_lost(height: int, width: int, a: int, b: int) -> None:
    image = noise(1, 2, height, width)
    shift = transform("shift_y")
    twice, once = shift.apply(shift.apply(image, a), b), shift.apply(image, a + b)
    reach = abs(a) + abs(b)
    assert torch.equal(twice[:, :, reach : height - reach], once[:, :, reach : height - reach])


@pytest.mark.parametrize("name", ["circular_x", "circular_y"])
@pytest.mark.parametrize("size", [(16, 24), (15, 21)])
@pytest.mark.parametrize("shift", [0.5, -2.25, 7.125])
def test_circular_fractions_are_exact_for_waves(
    name: str, size: tuple[int, int], shift: float
) -> None:
    image = waves(*size, 3, 5)
    turned = 3 * shift / size[0] if name == "circular_y" else 5 * shift / size[1]
    expected = waves(*size, 3, 5, phase=-2 * math.pi * turned)
    torch.testing.assert_close(transform(name).apply(image, shift), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("shift", [0.5, -2.25, 3.75])
def test_bilinear_fractions_cost_the_contrast_that_theory_says(shift: float) -> None:
    """A mean of two waves a pixel apart is one wave with |1 - f + f exp(-2 pi i k)| contrast."""
    cycles = 6 / 32
    image = waves(8, 32, 0, 6)
    part = shift - math.floor(shift)
    gain = 1 - part + part * np.exp(-2j * math.pi * cycles)
    lag = math.floor(shift) * 2 * math.pi * cycles - float(np.angle(gain))
    expected = 0.5 + abs(gain) * (waves(8, 32, 0, 6, phase=-lag) - 0.5)
    moved = transform("shift_x").apply(image, shift)
    torch.testing.assert_close(moved[..., 5:-5], expected[..., 5:-5], atol=1e-12, rtol=0)
    # There and back, the contrast is lost twice, which is all that happens.
    back = transform("shift_x").floor(image, shift)
    assert back == pytest.approx(1 - abs(gain) ** 2, rel=0.05)


def test_crops_are_windows_onto_the_image() -> None:
    image = noise(2, 3, 50, 60)
    for value in (-16, -3, 0, 5, 16):
        window = transform("crop_x").apply(image, value)
        assert torch.equal(window, image[:, :, 16:34, 16 - value : 44 - value])
    moved = transform("crop_y").apply(dot(50, 60, 25, 30), 4)
    assert torch.equal(moved, dot(18, 28, 25 - 16 + 4, 30 - 16))


def test_crops_shift_interior_units_exactly() -> None:
    """A strided network without padding: by two strides, its map by two units, bit for bit."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2))
    crop = transform("crop_x")
    images = noise(1, 3, 64, 64)
    with torch.no_grad():
        maps = network(crop.apply(images, 0))
        moved = network(crop.apply(images, 8))
    assert torch.equal(moved[..., 2:], maps[..., :-2])


@pytest.mark.parametrize("axis", ["x", "y"])
def test_reflections_undo_themselves(axis: str) -> None:
    flip = transform(f"reflection_{axis}")
    image = noise(2, 3, 7, 8)
    once = flip.apply(image, 1)
    assert torch.equal(once, image.flip(3 if axis == "x" else 2))
    assert torch.equal(flip.apply(once, 1), image)
    assert not torch.equal(once, image)


@pytest.mark.parametrize("size", [(12, 12), (13, 13), (12, 18), (19, 13)])
def test_quarter_turns_are_exact_and_a_group(size: tuple[int, int]) -> None:
    turn = transform("rotation")
    image = turn.apply(noise(2, 3, *size), 0)
    assert all(turn.exact(angle, size) for angle in (-90, 0, 90, 180, 270, 450))
    once = turn.apply(image, 90)
    side = min(size)
    rows, columns = ((length - side) // 2 for length in size)
    middle = (..., slice(rows, rows + side), slice(columns, columns + side))
    assert torch.equal(once[middle], torch.rot90(turn.apply(image, 0)[middle], 1, (2, 3)))
    # The rim is mixed with gray again each time; within it nothing changes at all.
    center = turn._returns(size, 0)
    chain = image
    for _ in range(4):
        chain = turn.apply(chain, 90)
    assert torch.equal(chain[..., center], image[..., center])
    assert torch.equal(turn.apply(image, 450), once)
    assert torch.equal(turn.apply(image, -270), once)


def test_quarter_turns_need_a_middle_that_pixels_share() -> None:
    turn = transform("rotation")
    assert not turn.exact(90, (12, 13))
    assert turn.exact(180, (12, 13))
    assert not turn.exact(45, (12, 12))


def test_positive_turns_are_counter_clockwise_and_continuous() -> None:
    """A dot to the right of the middle goes up, and a hair beside 90 degrees is almost 90."""
    turn = transform("rotation")
    moved = turn.apply(dot(41, 41, 20, 30), 90)
    assert np.unravel_index(int(moved.argmax()), (41, 41)) == (10, 20)
    image = noise(1, 1, 41, 52)
    for angle in (0, 90, 180):
        torch.testing.assert_close(
            turn.apply(image, angle + 1e-4), turn.apply(image, angle), atol=1e-3, rtol=0
        )


@pytest.mark.parametrize("size", [(41, 41), (36, 52)])
def test_a_turn_is_that_of_scipy_within_the_disc(size: tuple[int, int]) -> None:
    image = noise(1, 1, *size)
    expected = ndimage.rotate(image[0, 0].double().numpy(), 25, reshape=False, order=1)
    seen = transform("rotation").apply(image, 25)[0, 0]
    inside = transform("rotation")._returns(size, 25)
    assert float((seen - torch.tensor(expected))[inside].abs().max()) < 1e-4


def test_corners_carry_nothing() -> None:
    """Whatever is outside of the inscribed disc, no angle shows it."""
    turn = transform("rotation")
    image = noise(1, 3, 33, 33)
    y, x = torch.meshgrid(torch.arange(33) - 16, torch.arange(33) - 16, indexing="ij")
    other = torch.where(y**2 + x**2 >= 17.6**2, 1 - image, image)
    assert not torch.equal(other, image)
    for angle in (0, 15, 45, 90):
        assert torch.equal(turn.apply(image, angle), turn.apply(other, angle))
        assert bool((turn.apply(image, angle)[..., 0, 0] == 0.5).all())


def test_noise_has_the_floor_that_is_known_for_it() -> None:
    """Bilinear interpolation of white noise at random places keeps (2/3)^2 of its variance."""
    white = torch.randn(4, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    assert 0.6 < transform("rotation").floor(white, 30) < 0.7
    smooth = waves(128, 128, 2, 1)
    assert transform("rotation").floor(smooth, 30) < 0.01


def test_scale_is_that_of_a_wave_and_anti_aliased() -> None:
    """Twice as large is half the frequency; finer than the pixels of the result is gray."""
    middle = (..., slice(24, 40), slice(24, 40))
    y = torch.arange(64, dtype=torch.float64) - 31.5
    wave = (0.5 + 0.4 * torch.cos(0.3 * y))[None, None, :, None].expand(1, 1, 64, 64)
    slow = (0.5 + 0.4 * torch.cos(0.15 * y))[None, None, :, None].expand(1, 1, 64, 64)
    larger, smaller = transform("scale").apply(wave, 2), transform("scale").apply(slow, 0.5)
    torch.testing.assert_close(larger[middle], slow[middle], atol=0.01, rtol=0)
    torch.testing.assert_close(smaller[middle], wave[middle], atol=0.01, rtol=0)
    stripes = (torch.arange(64) % 2).float().expand(1, 1, 64, 64)
    assert float((transform("scale").apply(stripes, 0.5)[middle] - 0.5).abs().max()) < 1e-6
    assert bool((transform("scale").apply(wave, 0.5)[..., :15, :] == 0.5).all())


def test_a_positive_shear_leans_vertical_lines_to_the_left() -> None:
    """Counter-clockwise: the top goes left by as much as the tangent says; rows stay rows."""
    line = torch.zeros(1, 1, 61, 61)
    line[..., 30] = 1
    sheared = transform("shear").apply(line, 30)[0, 0]
    for row in (10, 20, 30, 45):
        expected = 30 + math.tan(math.radians(30)) * (row - 30)
        near = torch.arange(int(expected) - 4, int(expected) + 6)
        bright = sheared[row, near]
        assert float((bright * near).sum() / bright.sum()) == pytest.approx(expected, abs=0.01)
