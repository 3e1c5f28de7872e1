from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.transforms.pictures import dot, noise
from vizkit.errors import NotFoundError, UsageError
from vizkit.transforms import TRANSFORMS, Transform, transform

EVERY = [pytest.param(each, id=each.name) for each in TRANSFORMS.values()]
FRAMED = ("rotation", "shear", "crop_x", "crop_y")
"""Transforms that cut something out of the image even at their identity."""


@pytest.mark.parametrize("each", EVERY)
def test_the_identity_changes_nothing(each: Transform) -> None:
    images = noise(2, 3, 40, 47)
    same = each.apply(images, each.identity)
    if each.name not in FRAMED:
        assert torch.equal(same, images)
        assert same.data_ptr() != images.data_ptr()
    assert each.exact(each.identity, (40, 47))


@pytest.mark.parametrize("each", EVERY)
def test_the_sweep_holds_the_identity_and_is_allowed(each: Transform) -> None:
    assert each.identity in each.values
    assert list(each.values) == sorted(set(each.values))
    assert all(isinstance(value, float) for value in each.values)
    for value in each.values:
        each.check(value, (3, 64, 64))


@pytest.mark.parametrize("each", EVERY)
def test_every_image_is_transformed_by_itself(each: Transform) -> None:
    """Neighbors in the batch and the place in it do not matter; inputs stay as they are."""
    images = noise(3, 3, 41, 44)
    before = images.clone()
    state = torch.get_rng_state()
    for value in (each.values[0], each.values[-1]):
        together = each.apply(images, value)
        alone = torch.cat([each.apply(image[None], value) for image in images.flip(0)]).flip(0)
        torch.testing.assert_close(together, alone, atol=1e-6, rtol=0)
        assert together.dtype == images.dtype
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("each", EVERY)
def test_pixels_stay_in_range(each: Transform) -> None:
    """Of the whole sweep, but for phases that are scrambled on purpose."""
    if each.name == "phase":
        pytest.skip("keeps amplitudes instead")
    for value in each.values:
        result = each.apply(noise(1, 3, 48, 48), value)
        assert bool(((result >= 0) & (result <= 1)).all())


@pytest.mark.parametrize("each", EVERY)
def test_one_channel_is_taken_or_refused_in_words(each: Transform) -> None:
    images = noise(2, 1, 40, 40)
    if each.name in ("hue", "saturation"):
        with pytest.raises(UsageError, match=rf"{each.name} needs color: these images have 1"):
            each.apply(images, each.values[-1])
    else:
        assert each.apply(images, each.values[-1]).shape[:2] == (2, 1)


@pytest.mark.parametrize("each", EVERY)
def test_floors_are_zero_just_where_nothing_is_interpolated(each: Transform) -> None:
    images = noise(2, 3, 40, 40)
    for value in (*each.values, each.values[0] / 2 + 0.3):
        try:
            each.check(value, (3, 40, 40))
        except UsageError:
            continue
        floor = each.floor(images, value)
        assert (floor == 0) == each.exact(value, (40, 40))
        assert 0 <= floor < 1.5


@pytest.mark.parametrize("each", EVERY)
def test_those_that_move_pixels_say_so(each: Transform) -> None:
    """One bright pixel stays the brightest where none moves, however it is lit or colored."""
    if each.name in ("noise", "phase", "occlusion_x", "occlusion_y", "blur", "jpeg"):
        assert not each.moves
        return
    image = 0.4 + 0.4 * dot(80, 84, 34, 50).expand(1, 3, 80, 84)
    value = each.values[-1]
    shown = each.apply(image, value)[0, 0]
    place = np.unravel_index(int((shown - shown.median()).abs().argmax()), shown.shape)
    assert (place != (34, 50)) == each.moves


def test_names_are_found_and_missed() -> None:
    assert all(transform(name).name == name for name in TRANSFORMS)
    with pytest.raises(NotFoundError, match=r"no transform 'rotaton'\. Did you mean 'rotation'"):
        transform("rotaton")


def test_values_that_cannot_be_meant() -> None:
    images = noise(1, 3, 32, 32)
    with pytest.raises(UsageError, match=r"scale=0 is not allowed\.\n  Give 0\.125 to 8, in times"):
        transform("scale").apply(images, 0)
    with pytest.raises(UsageError, match=r"rotation=nan is not allowed\.\n  Give every finite"):
        transform("rotation").apply(images, float("nan"))
    with pytest.raises(UsageError, match=r"reflection_x=0\.5 is not a whole number"):
        transform("reflection_x").apply(images, 0.5)
    with pytest.raises(UsageError, match="shift_x=-32 shifts everything out of an image 32 pixels"):
        transform("shift_x").apply(images, -32)
    with pytest.raises(
        UsageError, match="crop_x needs 16 pixels around its window; an image of 32"
    ):
        transform("crop_x").apply(images, 2)
    with pytest.raises(UsageError, match=r"shape \(32, 32\) and type torch\.float32 cannot"):
        transform("hue").apply(images[0, 0], 20)
    with pytest.raises(UsageError, match="jpeg knows gray and RGB images: these have 4 channels"):
        transform("jpeg").apply(noise(1, 4, 8, 8), 50)


def test_a_transform_can_be_varied() -> None:
    higher = replace(transform("occlusion_x"), across=0.125)
    covered = higher.apply(torch.ones(1, 1, 16, 16), 0.5)
    assert bool((covered[0, 0, :4, 6:10] == 0.5).all())
    assert float(covered.sum()) == 256 - 8
