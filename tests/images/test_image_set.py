"""What every set of images keeps: its order by number, its digest, one image in memory."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vizkit.errors import UsageError
from vizkit.images.image_set import ImageSet
from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sets import SETS
from vizkit.images.sources import image_set

GRAY = Preprocessing((0.5,), (0.25,), (24, 20))
COLOR = Preprocessing((0.5,) * 3, (0.25,) * 3, (24, 20), resize=24)


def pictures(folder: Path, count: int = 3) -> Path:
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture(params=[*SETS, "folder", "tensor"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> ImageSet:
    """Every set, made for color images."""
    if request.param == "folder":
        return image_set(pictures(tmp_path), COLOR)
    given = torch.rand(5, 3, 24, 20) if request.param == "tensor" else request.param
    return image_set(given, COLOR)


def test_number_and_order_are_one(images: ImageSet) -> None:
    walked = list(images)
    assert len(walked) == len(images)
    for number, image in images.numbered():
        assert image.shape == (1, 3, 24, 20) and image.dtype == torch.float32
        assert 0 <= float(image.min()) <= float(image.max()) <= 1
        assert torch.equal(image, walked[number])
        assert torch.equal(image, images[number])
    assert torch.equal(images[-1], walked[-1])
    assert torch.equal(images.tensor(), torch.cat(walked))
    assert images.skipped == ()


@pytest.mark.parametrize("beyond", [0, 7, -1])
def test_numbers_beyond_the_ends_are_refused(images: ImageSet, beyond: int) -> None:
    number = len(images) + beyond if beyond >= 0 else -len(images) - 1
    with pytest.raises(IndexError, match=f"numbers go from 0 to {len(images) - 1}"):
        images[number]


@pytest.mark.parametrize("name", list(SETS))
def test_what_is_done_to_an_image_is_not_done_to_the_set(name: str) -> None:
    images = image_set(name, COLOR)
    before, digest = images[1].clone(), images.digest
    images[1].zero_()
    assert torch.equal(images[1], before)
    assert images.digest == digest


def test_it_says_in_one_line_what_it_is(images: ImageSet) -> None:
    assert f"({images.name!r}, {len(images)} images, 3 x 24 x 20)" in repr(images)
    assert "\n" not in repr(images)


def test_digests_are_the_same_again_and_differ_between_sets(tmp_path: Path) -> None:
    sources = [*SETS, pictures(tmp_path), torch.rand(2, 3, 24, 20)]
    digests = [image_set(source, COLOR).digest for source in sources]
    assert digests == [image_set(source, COLOR).digest for source in sources]
    assert len(set(digests)) == len(sources)
    assert all(len(digest) == 64 for digest in digests)


def test_what_another_network_sees_of_a_set_has_another_digest() -> None:
    made = [image_set("photographs", COLOR, size) for size in (None, (20, 24))]
    made.append(image_set("photographs", GRAY))
    assert len({images.digest for images in made}) == 3


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(1, 4),
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    data=st.data(),
)
def test_a_single_pixel_comes_through_and_changes_the_digest(
    count: int, height: int, width: int, data: st.DataObject
) -> None:
    place = tuple(data.draw(st.integers(0, side - 1)) for side in (count, height, width))
    number, y, x = place
    planted = torch.zeros(count, 1, height, width)
    planted[number, 0, y, x] = 0.25
    images = image_set(planted, GRAY)
    assert [float(image.sum()) for image in images] == [
        0.25 if each == number else 0.0 for each in range(count)
    ]
    assert images[number][0, 0, y, x].item() == 0.25
    assert images.digest != image_set(torch.zeros_like(planted), GRAY).digest
    # The same numbers in another shape are other images.
    assert height == width or images.digest != image_set(planted.transpose(2, 3), GRAY).digest


def test_a_pixel_planted_in_a_file_comes_through(tmp_path: Path) -> None:
    pixels = np.zeros((24, 20), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    pixels[7, 3] = 51
    Image.fromarray(pixels).save(tmp_path / "b.png")
    images = image_set(tmp_path, GRAY)
    assert float(images[0].sum()) == 0
    assert images[1][0, 0, 7, 3].item() == pytest.approx(0.2)
    assert images[1].nonzero().tolist() == [[0, 0, 7, 3]]


def test_memory_is_flat(tmp_path: Path) -> None:
    """Half a gigabyte of pixels walks by; never more than two images are alive."""
    large = Preprocessing((0.5,) * 3, (0.25,) * 3, (1200, 1200))
    images = image_set(pictures(tmp_path, 30), large)
    alive: list[weakref.ref[torch.Tensor]] = []
    for image in images:
        alive.append(weakref.ref(image))
        del image
        gc.collect()
        assert sum(each() is not None for each in alive) <= 1
    assert len(alive) == 30


def test_a_set_moves_to_a_device_and_leaves_the_one_it_came_from() -> None:
    images = image_set("noise", COLOR)
    moved = images.to("meta")
    assert moved[0].device.type == moved.tensor().device.type == "meta"
    assert images[0].device.type == images.tensor().device.type == "cpu"
    assert (moved.name, len(moved)) == (images.name, len(images))


class Stripes(ImageSet):
    """What a stranger writes: bars, one pixel wider each."""

    name = "stripes"

    def __len__(self) -> int:
        return 3

    def _read(self, number: int) -> torch.Tensor:
        columns = torch.arange(self.size[1]) // (number + 1) % 2
        return columns.float().expand(1, self.preprocessing.channels, *self.size)


@pytest.fixture
def stripes() -> str:
    SETS.register("stripes", Stripes)
    yield "stripes"
    SETS.remove("stripes")


def test_a_set_of_ones_own_is_asked_for_by_its_name(stripes: str) -> None:
    images = image_set(stripes, COLOR, (6, 8))
    assert repr(images) == "Stripes('stripes', 3 images, 3 x 6 x 8)"
    assert images[1][0, 2, 5].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert torch.equal(image_set(images, COLOR)[2], images[2])
    with pytest.raises(UsageError, match=r"'stripe' is no set of images. Did you mean 'stripes'"):
        image_set("stripe", COLOR)
