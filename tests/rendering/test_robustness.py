from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.transform import AffineTransform, EuclideanTransform, warp
from torch import Tensor

from tests.rendering.planted import correlation
from vizkit.errors import NotFoundError, UsageError
from vizkit.rendering.defaults import NARROW
from vizkit.rendering.robustness import DrawnViews, compose, look, parse_views
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")


def smooth(height: int, width: int, seed: int = 0) -> Tensor:
    """Blobs that die out towards the border, H x W."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    window = np.outer(np.hanning(height), np.hanning(width)) ** 2
    return torch.tensor(ndimage.gaussian_filter(noise, 2.0) * window * 10, dtype=torch.float32)


def see(
    image: Tensor,
    *,
    turn: float = 0.0,
    zoom: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    view: tuple[int, int] | None = None,
) -> Tensor:
    """`image`, H x W, through one view."""
    canvas = (image.shape[0], image.shape[1])
    view = view or canvas
    matrix = compose(
        torch.tensor([math.radians(turn)]),
        torch.tensor([zoom]),
        torch.tensor([shift]),
        canvas,
        view,
    )
    return look(image[None, None], matrix, view)[0, 0]


def centered(image: Tensor, turn: float, zoom: float, shift: tuple[float, float]) -> Tensor:
    """The same by scikit-image: shift, then turn and zoom about the middle of the image."""
    height, width = image.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    forward = (
        AffineTransform(translation=(shift[1], shift[0]))
        + AffineTransform(translation=-middle)
        # skimage's y points down, so its positive angle is clockwise to the eye.
        + EuclideanTransform(rotation=-math.radians(turn))
        + AffineTransform(scale=zoom)
        + AffineTransform(translation=middle)
    )
    return torch.tensor(warp(image.numpy().astype(float), forward.inverse, order=1)).float()


@pytest.mark.parametrize("size", [(40, 40), (33, 57), (64, 31)])
def test_nothing_drawn_is_nothing_changed(size: tuple[int, int]) -> None:
    image = smooth(*size)
    torch.testing.assert_close(see(image), image, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(40, 40), (33, 57), (64, 31)])
def test_positive_shifts_go_down_and_right(size: tuple[int, int]) -> None:
    image = smooth(*size)
    moved = see(image, shift=(3, -5))
    torch.testing.assert_close(moved[3:, :-5], image[:-3, 5:], atol=1e-5, rtol=0)
    assert float(moved[:3].abs().max()) < 1e-5 > float(moved[:, -5:].abs().max())


def test_positive_turns_are_counter_clockwise() -> None:
    """A dot to the right of the middle goes up; numpy's rot90 turns the same way."""
    image = torch.zeros(41, 41)
    image[20, 35] = 1
    assert np.unravel_index(int(see(image, turn=90).argmax()), (41, 41)) == (5, 20)
    picture = smooth(41, 41)
    torch.testing.assert_close(see(picture, turn=90), torch.rot90(picture), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(48, 48), (36, 60)])
def test_a_turn_is_that_of_scipy(size: tuple[int, int]) -> None:
    image = smooth(*size)
    expected = ndimage.rotate(image.numpy(), 10, reshape=False, order=1)
    torch.testing.assert_close(see(image, turn=10), torch.tensor(expected), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(40, 40), (33, 57), (64, 31)])
@pytest.mark.parametrize(
    ("turn", "zoom", "shift"),
    [
        (0.0, 1.25, (0.0, 0.0)),
        (0.0, 0.8, (0.0, 0.0)),
        (25.0, 1.0, (0.0, 0.0)),
        (-10.0, 1.1, (2.5, -3.25)),
        (7.0, 0.9, (-4.0, 6.0)),
    ],
)
def test_any_view_is_that_of_scikit_image(
    size: tuple[int, int], turn: float, zoom: float, shift: tuple[float, float]
) -> None:
    """Non-square on purpose: widths and heights must not be taken for each other."""
    image = smooth(*size)
    seen = see(image, turn=turn, zoom=zoom, shift=shift)
    torch.testing.assert_close(seen, centered(image, turn, zoom, shift), atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", [(20, 30), (31, 17)])
def test_a_larger_view_adds_a_frame_of_nothing(size: tuple[int, int]) -> None:
    """Lucent pads the rows' frame onto the columns."""
    image = smooth(*size) + 1
    seen = see(image, view=(size[0] + 6, size[1] + 10))
    torch.testing.assert_close(seen[3:-3, 5:-5], image, atol=1e-5, rtol=0)
    seen[3:-3, 5:-5] = 0
    assert float(seen.abs().max()) < 1e-5


def test_one_resampling_keeps_more_contrast_than_a_chain() -> None:
    """At a frequency of 0.3, half a pixel costs 41 % once, and 5 resamplings far more."""
    line = torch.cos(2 * math.pi * 0.3 * torch.arange(64.0))
    image = line.expand(64, 64).contiguous()
    once = see(image, shift=(0, 0.5))[:, 8:-8]
    kept = math.cos(math.pi * 0.3)
    assert float(once.std() / image.std()) == pytest.approx(kept, abs=0.02)
    chain = image
    for _ in range(5):
        chain = see(chain, shift=(0, 0.5))
    assert float(chain[:, 8:-8].std() / image.std()) == pytest.approx(kept**5, abs=0.02)


def draw_views(
    text: str,
    steps: int,
    canvas: tuple[int, int],
    window: tuple[int, int],
    drawing: list[torch.Generator],
) -> Tensor:
    return DrawnViews(parse_views(text, canvas), steps, canvas, window, drawing, CPU).maps


STANDARD = NARROW


def generators(count: int) -> list[torch.Generator]:
    return [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in range(count)]


def test_every_image_and_step_has_its_own_view() -> None:
    """All peers draw one transform for the whole batch."""
    views = draw_views(STANDARD, 20, (32, 32), (40, 40), generators(6))
    assert views.shape == (20, 6, 2, 3)
    assert len(views.reshape(120, 6).unique(dim=0)) == 120


def test_a_units_views_are_its_own() -> None:
    """Whatever the neighbors and the place."""
    together = draw_views(STANDARD, 4, (32, 48), (40, 56), generators(5))
    alone = draw_views(STANDARD, 4, (32, 48), (40, 56), generators(5)[3:4])
    assert torch.equal(together[:, 3:4], alone)


def test_draws_fill_their_ranges_evenly_in_both_directions() -> None:
    """Lucent's jitter drifts one way; here every range is symmetric and used up to its ends."""
    size = (64, 64)
    text = "rotate(10), scale(0.25), jitter(8)"
    views = draw_views(text, 4000, size, size, generators(1))[:, 0].double()
    cosine, sine = views[:, 0, 0], views[:, 1, 0]
    turn = torch.rad2deg(torch.atan2(sine, cosine))
    zoom = 1 / torch.hypot(cosine, sine)
    dx, dy = -views[:, 0, 2] * 32, -views[:, 1, 2] * 32
    for drawn, largest in ((turn, 10), (zoom.log() / math.log(1.25), 1), (dx, 8), (dy, 8)):
        assert float(drawn.min()) == pytest.approx(-largest, rel=0.01)
        assert float(drawn.max()) == pytest.approx(largest, rel=0.01)
        assert abs(float(drawn.mean())) < 0.06 * largest
        assert float(drawn.std()) == pytest.approx(largest / math.sqrt(3), rel=0.05)
    assert abs(correlation(dx, dy)) < 0.06
    assert abs(correlation(turn, zoom)) < 0.06


def test_zero_ranges_change_nothing() -> None:
    still = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(3, 2, 2, 3)
    for text in ("rotate(0), scale(0), jitter(0)", ""):
        views = draw_views(text, 3, (16, 20), (16, 20), generators(2))
        torch.testing.assert_close(views, still, atol=1e-7, rtol=0)


def test_poses_of_one_kind_add_up() -> None:
    """Two jitters reach as far as both together."""
    twice = draw_views("jitter(3), jitter(5)", 4000, (64, 64), (64, 64), generators(1))
    shifts = twice[:, 0, :, 2] * 32
    assert 7.5 < float(shifts.abs().max()) <= 8


def test_a_blur_follows_the_resampling_and_keeps_the_mean() -> None:
    drawn = DrawnViews(parse_views("blur(2)", (40, 40)), 2, (40, 40), (40, 40), generators(2), CPU)
    noise = torch.randn(2, 3, 40, 40, generator=torch.Generator().manual_seed(0)) * 0.1
    seen = drawn.show(noise, 0)
    assert float(seen.std()) < 0.8 * float(noise.std())
    torch.testing.assert_close(seen.mean((2, 3)), noise.mean((2, 3)), atol=5e-3, rtol=0)
    # Each picture has a width of its own: the same noise comes out differently.
    same = drawn.show(noise[:1].expand(2, -1, -1, -1), 1)
    assert not torch.equal(same[0], same[1])


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("jiter(3)", NotFoundError, "Did you mean 'jitter'"),
        ("jitter(5000)", UsageError, "jitter=5000.0 is out of range"),
        ("scale(-0.1)", UsageError, "scale=-0.1 is out of range"),
        ("rotate(181)", UsageError, "rotate=181.0 is out of range"),
        ("rotate(1, 2, 3)", UsageError, "does not have the numbers of 'rotate'"),
        ("rotate(wide)", UsageError, "does not have the numbers of 'rotate'"),
        ("3 pixels", UsageError, "is no view"),
        ("jitter(3", UsageError, "a bracket without its other half"),
    ],
)
def test_mistakes_are_named(text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        parse_views(text, (40, 40))


def test_lengths_may_be_shares_of_the_shorter_side() -> None:
    """What is 5 % of 40 pixels is 2 pixels, to the bit."""
    shares, pixels = (
        draw_views(text, 5, (40, 64), (48, 72), generators(2))
        for text in ("jitter(5%)", "jitter(2)")
    )
    assert torch.equal(shares, pixels)
    with pytest.raises(UsageError, match="out of range"):
        parse_views("jitter(-5%)", (40, 64))
