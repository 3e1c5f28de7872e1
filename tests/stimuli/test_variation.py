from __future__ import annotations

import math

import pytest
import torch

from tests.transforms.pictures import noise
from vizkit.errors import NotFoundError, UsageError
from vizkit.stimuli import STIMULI, stimulus, varied


@pytest.mark.parametrize("name", STIMULI)
def test_on_gray_it_is_the_stimulus(name: str) -> None:
    each = stimulus(name)
    gray = torch.full((2, 3, 40, 50), 0.5)
    for parameter in each.parameters:
        turned = varied(each, parameter, center=(20.0, 22.0), diameter=30)
        for value in (turned.values[0], turned.values[-1], turned.identity):
            shown = turned.apply(gray, value)
            drawn = each.draw((40, 50), (20.0, 22.0), diameter=30, **{parameter: value})
            torch.testing.assert_close(shown, drawn.expand(2, -1, -1, -1), atol=1e-6, rtol=0)
            assert turned.floor(gray, value) == 0


def test_on_a_picture_only_a_disc_is_replaced() -> None:
    images = noise(2, 1, 40, 40)
    bars = varied(stimulus("bar"), "orientation", center=(20.0, 20.0), diameter=20, contrast=0.5)
    first, second = (bars.apply(images, value) for value in (0, 90))
    y, x = torch.meshgrid(torch.arange(40) - 20.0, torch.arange(40) - 20.0, indexing="ij")
    outside, inside = torch.hypot(y, x) >= 10, torch.hypot(y, x) < 8
    assert torch.equal(first[..., outside], images[..., outside])
    assert torch.equal(first[0, :, inside], first[1, :, inside])
    assert float((first - second).abs().max()) == pytest.approx(0.25)
    assert bool(((first >= 0) & (first <= 1)).all())


def test_a_planted_filter_is_tuned_to_its_own_grating() -> None:
    """A Gabor filter's response over orientation peaks where the grating runs along it."""
    y, x = torch.meshgrid(15.0 - torch.arange(31), torch.arange(31) - 15.0, indexing="ij")
    own = math.radians(40)
    across = math.cos(own) * y - math.sin(own) * x
    window = torch.exp(-(x**2 + y**2) / 50)
    kernel = window * torch.cos(2 * math.pi * 4 / 31 * across)
    kernel = kernel - window * kernel.sum() / window.sum()
    turned = varied(stimulus("grating"), "orientation", range(0, 180, 10), frequency=4)
    gray = torch.full((1, 1, 31, 31), 0.5)
    responses = [float((turned.apply(gray, value) * kernel).sum()) for value in turned.values]
    assert turned.values[responses.index(max(responses))] == 40
    assert turned.period == 180


def test_wrong_requests_come_before_any_work() -> None:
    with pytest.raises(NotFoundError, match=r"'angel' is not a parameter of cross.*mean 'angle'"):
        varied(stimulus("cross"), "angel")
    with pytest.raises(NotFoundError, match="'phase' is not a parameter of bar"):
        varied(stimulus("bar"), "width", phase=3)
    fine = varied(stimulus("grating"), "orientation", frequency=8)
    with pytest.raises(UsageError, match="frequency=8 is finer than the pixels of a disc of 16"):
        fine.check(0, (3, 16, 20))
    with pytest.raises(UsageError, match="color_disc needs color: 1 channels"):
        varied(stimulus("color_disc"), "hue").check(0, (1, 16, 16))
    with pytest.raises(UsageError, match=r"bar\.contrast=3 is not allowed"):
        varied(stimulus("bar"), "contrast").check(3, (3, 16, 16))
