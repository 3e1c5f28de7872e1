"""From an image's pixels back to those of the picture that it was cut from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from vizkit import Preprocessing
from vizkit.images import DatasetImages
from vizkit.images.framing import framing
from vizkit.images.photo import read_photo


def gray(size: int, resize: int | None = None) -> Preprocessing:
    return Preprocessing((0.0,), (1.0,), (size, size), resize=resize)


SHAPES = [(40, 90), (90, 40), (64, 64), (20, 20), (300, 8)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("resize", [None, 36])
def test_a_pixel_of_the_image_shows_the_pixels_of_its_region(
    shape: tuple[int, int], resize: int | None
) -> None:
    """Where the picture is its own row, and column, numbers, an image shows the region's middle."""
    to = gray(32, resize)
    frame = framing(shape, to)
    for axis in (0, 1):
        lines = np.indices(shape)[axis].astype(np.uint8)
        if shape[axis] > 255:
            lines = (np.indices(shape)[axis] // 2).astype(np.uint8)
        shown = (read_photo(Image.fromarray(lines), to)[0, 0] * 255).numpy()
        scale = 2 if shape[axis] > 255 else 1
        for y, x in [(8, 9), (16, 20), (24, 4)]:
            box = frame.region((y, x, y, x))
            middle = (box[axis] + box[axis + 2]) / 2 / scale
            assert shown[y, x] == pytest.approx(middle, abs=1.0)


def test_without_resizing_every_pixel_is_the_picture_s_own() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70), dtype=np.uint8)
    frame = framing((50, 70), gray(32))
    image = (read_photo(Image.fromarray(pixels), gray(32))[0, 0] * 255).round().numpy()
    for y, x in np.ndindex(32, 32):
        top, left, bottom, right = frame.region((y, x, y, x))
        assert (top, left) == (bottom, right)
        assert image[y, x] == pixels[top, left]


def test_all_of_the_image_is_the_middle_of_a_wide_picture() -> None:
    assert framing((100, 300), gray(50, resize=50)).region((0, 0, 49, 49)) == (0, 100, 99, 199)


def test_items_of_a_data_set_come_with_their_own_pixels() -> None:
    class Labeled:
        """As torchvision's: pairs, and one file that is broken."""

        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> tuple[Image.Image, int]:
            if number == 1:
                raise OSError("cannot identify image file")
            return Image.new("RGB", (60, 40), (number * 100, 0, 0)), 7

    rgb = Preprocessing((0.0,) * 3, (1.0,) * 3, (32, 32), resize=32)
    images = DatasetImages(Labeled(), rgb)
    assert [number for number, _ in images.numbered()] == [0, 2]
    assert [name for name, _ in images.skipped] == ["1"]
    assert images.original(2)[0].size == (60, 40)
    assert torch.equal(images[2][0, 0], torch.full((32, 32), 200 / 255))
