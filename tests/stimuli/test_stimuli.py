from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vizkit.errors import NotFoundError, UsageError
from vizkit.stimuli import STIMULI, Stimulus, field_disc, stimulus
from vizkit.transforms import transform

EVERY = [pytest.param(each, id=each.name) for each in STIMULI.values()]
ORIENTED = [param for param in EVERY if "orientation" in param.values[0].parameters]


def gray(images: Tensor) -> Tensor:
    """Single-channel B H W."""
    return images[:, 0]


def center_of_mass(weights: Tensor) -> tuple[float, float]:
    """(y, x) of H W."""
    height, width = weights.shape
    total = weights.sum()
    y, x = torch.arange(float(height)), torch.arange(float(width))
    return float((weights.sum(1) * y).sum() / total), float((weights.sum(0) * x).sum() / total)


@pytest.mark.parametrize("each", EVERY)
def test_images_are_in_range_gray_around_the_disc_and_drawn_one_by_one(each: Stimulus) -> None:
    for name, parameter in each.parameters.items():
        shown = parameter.shown(30.0)
        assert len(shown) >= 5
        images = each.draw((40, 50), (18.0, 25.5), diameter=30, **{name: shown})
        assert images.shape == (len(shown), 3, 40, 50)
        assert images.dtype == torch.float32
        assert bool(((images >= 0) & (images <= 1)).all())
        y, x = torch.meshgrid(torch.arange(40) - 18.0, torch.arange(50) - 25.5, indexing="ij")
        assert bool((images[..., y**2 + x**2 >= 15**2] == 0.5).all())
        for image, value in zip(images, shown, strict=True):
            alone = each.draw((40, 50), (18.0, 25.5), diameter=30, **{name: value})
            torch.testing.assert_close(image, alone[0], atol=1e-6, rtol=0)
        assert (images[1:] != images[:-1]).flatten(1).any(1).all() or name == "length"


@pytest.mark.parametrize("each", EVERY)
def test_no_contrast_is_gray_and_negative_contrast_is_the_negative(each: Stimulus) -> None:
    images = each.draw((33, 33), contrast=[0.0, 0.7, -0.7])
    assert bool((images[0] == 0.5).all())
    torch.testing.assert_close(images[1] - 0.5, 0.5 - images[2], atol=1e-6, rtol=0)
    assert float(images[1].std()) > 0.02


@pytest.mark.parametrize("each", EVERY)
def test_defaults_fit_the_smallest_field(each: Stimulus) -> None:
    """That of a first 3 x 3 convolution."""
    assert each.draw((224, 224), (111, 111), diameter=3).std() > 0


@pytest.mark.parametrize("each", ORIENTED)
@pytest.mark.parametrize("size", [48, 49])
def test_a_turned_stimulus_is_the_stimulus_at_another_orientation(
    each: Stimulus, size: int
) -> None:
    """Quarter turns to rounding; others within what interpolating there and back would cost."""
    parameters = {"frequency": 3.0} if "frequency" in each.parameters else {}

    def drawn(orientation: float) -> Tensor:
        return each.draw((size, size), diameter=0.85 * size, orientation=orientation, **parameters)

    turn = transform("rotation")
    torch.testing.assert_close(turn.apply(drawn(20), 90), drawn(110), atol=1e-5, rtol=0)
    for angle in (30, 77):
        off = turn.apply(drawn(20), angle) - drawn(20 + angle)
        spread = drawn(20) - drawn(20).mean((2, 3), keepdim=True)
        assert float(off.norm() / spread.norm()) < turn.floor(drawn(20), angle) < 0.12
    period = each.parameters["orientation"].period
    assert period is not None
    torch.testing.assert_close(drawn(20), drawn(20 + period), atol=1e-5, rtol=0)


@pytest.mark.parametrize("each", EVERY)
def test_half_a_pixel_is_no_different_from_a_whole_one(each: Stimulus) -> None:
    """Drawn at a half, it is the picture shifted by a half, since nothing is finer than pixels.

    Shapes with hard edges miss this by a fifth to a half of the range.
    """
    turned = {"orientation": 20.0} if "orientation" in each.parameters else {}
    whole, half = (
        each.draw((64, 64), (31.0, 31.0 + shift), diameter=48, **turned) for shift in (0, 0.5)
    )
    shifted = transform("circular_x").apply(whole, 0.5)
    assert float((shifted - half).abs().max()) < 0.1


@settings(max_examples=30, deadline=None)
@given(st.floats(2, 20), st.floats(0, 180))
def test_a_gratings_spectrum_peaks_at_its_frequency_and_orientation(
    frequency: float, orientation: float
) -> None:
    image = gray(stimulus("grating").draw((64, 64), frequency=frequency, orientation=orientation))
    spectrum = torch.fft.fft2(image[0] - 0.5, (512, 512)).abs()
    y, x = divmod(int(spectrum.argmax()), 512)
    down, right = (((place + 256) % 512 - 256) / 512 * 64 for place in (y, x))
    assert math.hypot(down, right) == pytest.approx(frequency, abs=0.2)
    # Its waves run along the orientation, so that they change at a right angle to it.
    along = math.cos(math.radians(orientation)) * right - math.sin(math.radians(orientation)) * down
    assert along == pytest.approx(0, abs=0.15)


def test_a_gratings_phase_moves_it_up() -> None:
    """At orientation 0; a full cycle by one wavelength."""
    grating = stimulus("grating")
    start, moved = grating.draw((65, 65), diameter=64, frequency=4, phase=[0.0, 90.0])[:, 0]
    assert float(start[32, 32]) == 1
    assert float(moved[28, 32]) == 1
    assert float(moved[32, 32]) == pytest.approx(0.5)
    torch.testing.assert_close(moved[20:36, 24:41], start[24:40, 24:41], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("orientation", "bright"), [(0, (-1, 0)), (90, (0, -1)), (180, (1, 0)), (45, (-1, -1))]
)
@pytest.mark.parametrize("name", ["edge", "curve"])
def test_zero_is_to_the_right_and_positive_is_counter_clockwise(
    name: str, orientation: float, bright: tuple[int, int]
) -> None:
    """The bright side, and the side to which a curve bends, are above at 0."""
    image = gray(stimulus(name).draw((41, 41), orientation=orientation))[0]
    y, x = center_of_mass((image - 0.5).clamp(min=0))
    for place, side in ((y - 20, bright[0]), (x - 20, bright[1])):
        assert abs(place) < 0.01 if side == 0 else place * side > 1


def test_a_corners_orientation_lies_between_its_arms() -> None:
    image = gray(stimulus("corner").draw((41, 41), angle=90, orientation=0))[0]
    assert float(image[20 - 8, 20 + 8]) == float(image[20 + 8, 20 + 8]) == 1
    assert float(image[20, 20 + 8]) == float(image[20 - 8, 20 - 8]) == 0.5
    narrow = gray(stimulus("corner").draw((41, 41), angle=60, orientation=30))[0]
    assert float(narrow[20, 20 + 12]) == 1
    steep = math.radians(60)
    assert float(narrow[round(20 - 12 * math.sin(steep)), round(20 + 12 * math.cos(steep))]) == 1


def test_a_cross_is_two_bars() -> None:
    size = (49, 49)
    cross = stimulus("cross").draw(size, angle=70, orientation=10)
    bars = stimulus("bar").draw(size, orientation=[45.0, -25.0], length=2)
    torch.testing.assert_close(cross[0], bars.amax(0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("radius", [0.2, 0.4, 1.0, 5.0])
def test_a_curve_lies_on_its_circle(radius: float) -> None:
    """White pixels are at the radius from a point straight above the middle, to a pixel."""
    image = gray(stimulus("curve").draw((101, 101), radius=radius, width=0.08))[0]
    y, x = (image > 0.6).nonzero().double().unbind(1)
    distance = torch.hypot(x - 50, y - (50 - radius * 101))
    assert float((distance - radius * 101).abs().max()) < 0.04 * 101 + 1
    assert float((image[50, 45:56]).min()) == 1 or radius == 0.2


def test_bars_have_their_area() -> None:
    """Anti-aliased edges cover neither more nor less, wherever they fall."""
    bar = stimulus("bar")
    for orientation in (0.0, 17.0, 45.0):
        for center in ((50.0, 50.0), (50.3, 49.6)):
            image = bar.draw(
                (101, 101), center, diameter=100, width=0.1, length=0.5, orientation=orientation
            )
            assert float((gray(image) - 0.5).sum() / 0.5) == pytest.approx(500, rel=0.002)


def test_center_and_surround_cancel() -> None:
    image = gray(stimulus("center_surround").draw((101, 101), radius=0.2))[0]
    assert float(image[50, 50]) == 1
    assert float(image[50, 50 + 24]) == 0
    assert float((image - 0.5).sum() / (image - 0.5).abs().sum()) == pytest.approx(0, abs=0.003)


def test_color_discs_are_a_hue_on_its_opposite() -> None:
    disc = stimulus("color_disc")
    red, cyan = disc.draw((41, 41), hue=[0.0, 180.0])
    assert red[:, 20, 20].tolist() == pytest.approx([1, 0.25, 0.25])
    assert red[:, 20, 6].tolist() == pytest.approx([0, 0.75, 0.75])
    torch.testing.assert_close(red + cyan, torch.ones_like(red), atol=1e-6, rtol=0)
    torch.testing.assert_close(red.sum(0), torch.full((41, 41), 1.5), atol=1e-5, rtol=0)
    with pytest.raises(UsageError, match="color_disc needs color: 1 channels were asked for"):
        disc.draw((41, 41), channels=1)


def test_the_high_side_has_the_higher_frequency() -> None:
    image = gray(stimulus("high_low_frequency").draw((128, 128), frequency=16, ratio=4))[0] - 0.5
    for half, cycles in ((image[:60], 16), (image[68:], 4)):
        columns = torch.fft.rfft(half, dim=1).abs().sum(0)
        columns[0] = 0
        assert abs(int(columns.argmax()) - cycles) <= 1


def test_one_channel_is_that_of_all() -> None:
    one, three = (stimulus("curve").draw((30, 20), channels=channels) for channels in (1, 3))
    assert one.shape == (1, 1, 30, 20)
    assert torch.equal(one.expand(1, 3, 30, 20), three)


def test_discs_are_inscribed_in_fields() -> None:
    center, diameter = field_disc((10, 20, 18, 28))
    assert (center, diameter) == ((14.0, 24.0), 9.0)
    image = gray(stimulus("edge").draw((40, 40), center, diameter=diameter))[0]
    rows, columns = (image != 0.5).nonzero().unbind(1)
    assert (rows.min(), rows.max()) == (10, 18)
    assert (columns.min(), columns.max()) == (20, 28)


def test_wrong_requests_are_refused_in_words() -> None:
    grating = stimulus("grating")
    with pytest.raises(NotFoundError, match=r"no stimulus 'gratng'\. Did you mean 'grating'"):
        stimulus("gratng")
    with pytest.raises(NotFoundError, match=r"'orientaton' is not a parameter of grating.*Did you"):
        grating.draw((9, 9), orientaton=3)
    with pytest.raises(UsageError, match=r"frequency=16 is finer than the pixels of a disc of 32"):
        grating.draw((32, 32), frequency=16)
    with pytest.raises(UsageError, match=r"grating's contrast=2 is not allowed\.\n  Give -1 to 1"):
        grating.draw((32, 32), contrast=2)
    with pytest.raises(UsageError, match="come in different numbers"):
        grating.draw((32, 32), orientation=[0.0, 1.0], phase=[0.0, 1.0, 2.0])
    with pytest.raises(UsageError, match=r"grating's phase has no value"):
        grating.draw((32, 32), phase=[])
    with pytest.raises(UsageError, match="leave nothing to draw"):
        grating.draw((32, 32), diameter=0)
    with pytest.raises(UsageError, match="too many at once"):
        grating.draw((4000, 4000), orientation=list(range(30)))
