"""Networks with planted units: the picture must show what was planted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit
from tests.rendering.planted import GRAY, PLAIN, correlation, grating, planted, wrap
from vizkit import Recipe
from vizkit.rendering import Render

STILL = Recipe(steps=128, views="", dtype="float32")
RECIPE = Recipe(steps=64, dtype="float32")
ANGLES = (0, 45, 90, 135)


def best_correlation(image: Tensor, pattern: Tensor) -> float:
    """Largest correlation of `pattern`, C h w, with the places of `image`, C H W."""
    size = tuple(pattern.shape[1:])
    patches = functional.unfold(image[None], size)[0].T
    patches = patches - patches.mean(1, keepdim=True)
    flat = pattern.flatten() - pattern.mean()
    return float((patches @ flat / (patches.norm(dim=1) * flat.norm()).clamp(min=1e-9)).max())


@pytest.fixture(scope="module")
def gratings() -> Tensor:
    return torch.stack([grating(11, 2, angle)[None] for angle in ANGLES])


def test_a_neuron_paints_its_filter(gratings: Tensor) -> None:
    net = wrap(planted(gratings), GRAY)
    for place, filter_ in enumerate(gratings):
        (picture,) = vizkit.render(net, f"0:{place}@10,12", recipe=STILL)
        patch = picture.image[:, 10:21, 12:23]
        # Of all pictures with pixels in [0, 1], black and white in the filter's signs is the best.
        assert correlation(patch, filter_.sign()) > 0.95
        assert picture.final > 5 * max(picture.initial, 0.01)


def test_a_channel_paints_stripes_of_its_own_direction(gratings: Tensor) -> None:
    net = wrap(planted(gratings), GRAY)
    pictures = vizkit.render(net, "0:0-3", recipe=RECIPE)
    for place, picture in enumerate(pictures):
        alike = [best_correlation(picture.image, each) for each in gratings]
        assert max(range(4), key=alike.__getitem__) == place
        assert alike[place] > 0.6
        assert picture.final > picture.initial
        assert picture.peak >= picture.final


@pytest.mark.parametrize(
    "color", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, -1.0)]
)
def test_a_color_unit_paints_its_color(color: tuple[float, float, float]) -> None:
    wanted = torch.tensor(color)
    net = wrap(planted(wanted.view(1, 3, 1, 1) * torch.ones(1, 3, 5, 5) / 25), PLAIN)
    (picture,) = vizkit.render(net, "0:0", recipe=RECIPE)
    mean = picture.image.mean((1, 2))
    assert float(mean[wanted > 0].min() - mean[wanted <= 0].max()) > 0.02
    assert picture.final > picture.initial


@pytest.mark.parametrize("size", [(48, 24), (24, 48)])
def test_stripes_keep_their_direction_on_any_canvas(size: tuple[int, int]) -> None:
    """Rows and columns taken for each other would turn them."""
    across = grating(11, 2, 90)  # stripes that run horizontally
    net = wrap(planted(across[None, None]), GRAY)
    (picture,) = vizkit.render(net, "0:0", size=size, recipe=RECIPE)
    assert picture.canvas_size == size == tuple(picture.image.shape[1:])
    down, right = picture.image.diff(dim=1).abs().mean(), picture.image.diff(dim=2).abs().mean()
    assert float(down) > 2 * float(right)


class Classifier(nn.Module):
    """Class logits from the mean over a planted layer."""

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.features = planted(filters)
        self.fc = nn.Linear(len(filters), len(filters), bias=False)
        with torch.no_grad():
            self.fc.weight.copy_(2 * torch.eye(len(filters)) - 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).mean((2, 3)))


def test_a_class_is_painted_with_its_own_feature(gratings: Tensor) -> None:
    names = ("level", "rising", "upright", "falling")
    net = vizkit.load(Classifier(gratings).eval(), preprocessing=GRAY, name="named", classes=names)
    (picture,) = vizkit.render(net, 'logits:"upright"', recipe=RECIPE)
    assert picture.address == "named@own/logits:2"
    alike = [best_correlation(picture.image, each) for each in gratings]
    assert max(range(4), key=alike.__getitem__) == 2
    with torch.no_grad():
        assert int(net(picture.image[None]).argmax()) == 2


def contrast_facts(pictures: vizkit.Renders) -> list[tuple[float, float]]:
    """Range of luminance between the 1st and the 99th percentile, and share of clipped pixels."""
    facts = []
    for picture in pictures:
        light = picture.image.mean(0).flatten()
        low, high = torch.quantile(light, torch.tensor([0.01, 0.99]))
        clipped = ((picture.image < 1 / 512) | (picture.image > 511 / 512)).float().mean()
        facts.append((float(high - low), float(clipped)))
    return facts


def test_pictures_have_contrast_without_being_stretched(gratings: Tensor) -> None:
    net = wrap(planted(gratings), GRAY)
    pictures = vizkit.render(net, "0:0-3", recipe=Recipe(steps=128, dtype="float32"))
    for luminance, clipped in contrast_facts(pictures):
        assert luminance > 0.5
        assert clipped < 0.02


def test_no_picture_is_stretched_after_the_last_step(gratings: Tensor) -> None:
    """What comes out is what was measured: no image-wise normalization anywhere."""
    net = wrap(planted(gratings), GRAY)
    last: list[Tensor] = []
    recipe = Recipe(steps=20, learning_rate=1e-7, dtype="float32", rescues=0)
    pictures = vizkit.render(
        net, "0:0-3", recipe=recipe, progress=lambda step: last.append(step.images)
    )
    for place, picture in enumerate(pictures):
        assert isinstance(picture, Render)
        torch.testing.assert_close(picture.image, last[0][place], atol=1e-4, rtol=0)


def test_more_steps_find_more() -> None:
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(1, 4, 7), nn.ReLU(), nn.Conv2d(4, 4, 5)), GRAY)
    few = vizkit.render(net, "2:0-3", recipe=Recipe(steps=4, dtype="float32"))
    many = vizkit.render(net, "2:0-3", recipe=RECIPE)
    assert all(one.final < other.final for one, other in zip(few, many, strict=True))


def test_bfloat16_paints_the_same_thing(gratings: Tensor) -> None:
    net = wrap(planted(gratings), GRAY)
    one = vizkit.render(net, "0:0-3", recipe=RECIPE)
    other = vizkit.render(net, "0:0-3", recipe=Recipe(steps=64, dtype="bfloat16"))
    for full, half in zip(one, other, strict=True):
        assert half.dtype == "bfloat16"
        assert half.final == pytest.approx(full.final, rel=0.2)
