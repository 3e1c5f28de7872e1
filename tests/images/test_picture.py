from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2

import vizkit
from tests.nets import Chain
from vizkit.errors import UsageError
from vizkit.images.photo import read_photo
from vizkit.images.picture import as_picture
from vizkit.images.preprocessing import Preprocessing, imagenet_preprocessing

GRAY = Preprocessing((0.5,), (0.5,), (32, 32), resize=32)


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    draw = np.random.default_rng(height * width)
    return draw.integers(0, 256, (height, width, channels), dtype=np.uint8)


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 400), st.integers(20, 400), st.sampled_from([(32, 40), (64, 64), (99, 130)]))
def test_pixels_are_those_that_torchvision_gives(
    height: int, width: int, sizes: tuple[int, int]
) -> None:
    crop, resize = sizes
    picture = Image.fromarray(noise(height, width))
    if max(height, width) > 8 * min(height, width):
        return
    theirs = v2.Compose([v2.Resize(resize), v2.CenterCrop(crop), v2.PILToTensor()])(picture)
    own = read_photo(picture, imagenet_preprocessing(crop, resize))
    assert torch.equal(own, theirs[None].float() / 255)


def test_every_form_of_the_same_image_gives_the_same_pixels(tmp_path: Path) -> None:
    array = noise(50, 60)
    path = tmp_path / "photo.png"
    Image.fromarray(array).save(path)
    network = vizkit.load(Chain(), preprocessing=imagenet_preprocessing(32, 40))
    expected = network.prepare(array)
    assert expected.shape == (1, 3, 32, 32)
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    forms = [path, str(path), Image.open(path), tensor, tensor[None], tensor.float() / 255]
    forms += [array / 255, (array.astype(np.uint16) * 257), array.astype(np.float32) / 255]
    for form in forms:
        assert torch.equal(network.prepare(form), expected), type(form)


def test_gray_and_color_go_into_either_kind_of_network() -> None:
    gray = noise(40, 40)[..., 0]
    for form in (gray, gray[..., None], gray > 128):
        assert read_photo(form, GRAY).shape == (1, 1, 32, 32)
        image = read_photo(form, imagenet_preprocessing(32, 32))
        assert torch.equal(image[:, 0], image[:, 2])
    red = np.zeros((40, 40, 3))
    red[..., 0] = 1
    # The luminance of pure red by ITU-R 601.
    assert read_photo(red, GRAY).mean().item() == pytest.approx(0.299, abs=1 / 255)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 5, 7)), r"shape \(4, 5, 7\) is not an image"),
        (np.zeros((0, 5, 3)), "is not an image"),
        (np.zeros((2, 3, 4, 5)), "is not an image"),
        (np.zeros((4, 4), np.int64), "int64 has no range"),
        (np.full((4, 4), 200.0), "runs from 200 to 200; fractions go from 0 to 1"),
        (np.full((4, 4), -0.5), "runs from -0.5"),
        (np.full((4, 4), np.nan), "runs from nan"),
        (torch.zeros(2, 3, 4, 5), "is not one image C H W"),
        (torch.zeros(4, 5), "is not one image C H W"),
    ],
)
def test_what_is_no_image_is_said(array: np.ndarray | torch.Tensor, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        as_picture(array)


def test_a_strip_of_one_pixel_does_not_fill_the_memory() -> None:
    strip = np.zeros((1, 50_000), np.uint8)
    assert read_photo(strip, imagenet_preprocessing()).shape == (1, 3, 224, 224)
    assert read_photo(strip.T, imagenet_preprocessing()).shape == (1, 3, 224, 224)
