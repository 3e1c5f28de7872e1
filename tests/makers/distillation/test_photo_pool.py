"""Photographs of packages and of a folder, good and bad."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from distillation import photo_pool
from vizkit.errors import UsageError


def test_packaged_photographs_and_none_held_out_in_training():
    pool = photo_pool()
    assert set(pool.held_out) == {"chelsea", "coffee", "flower", "rocket"}
    assert not set(pool.held_out) & set(pool.training)
    assert len(pool.training) == 15
    for photo in [*pool.training.values(), *pool.held_out.values()]:
        assert photo.shape[0] == 3 and photo.min() >= 0 and 0.5 < photo.max() <= 1


def test_a_folder_adds_its_own_and_names_what_is_none(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "b.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "a.png")
    Image.fromarray(pixels[:20]).save(tmp_path / "small.png")
    (tmp_path / "notes.txt").write_text("no picture")
    whole = (tmp_path / "b.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(whole[: len(whole) // 2])
    pool = photo_pool(tmp_path)
    assert [name for name in pool.training if name.startswith("file ")] == [
        "file a.png",
        "file b.png",
    ]
    assert np.array_equal((pool.training["file b.png"] * 255).round().permute(1, 2, 0), pixels)
    assert {name for name, _ in pool.skipped} == {"small.png", "notes.txt", "torn.png"}


def test_large_photographs_are_made_smaller(tmp_path):
    Image.new("RGB", (2600, 1300), (51, 102, 204)).save(tmp_path / "large.png")
    photo = photo_pool(tmp_path).training["file large.png"]
    assert photo.shape == (3, 640, 1280)
    assert np.allclose(photo.mean((1, 2)), [0.2, 0.4, 0.8], atol=0.002)


def test_a_folder_without_photographs_is_refused(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="no folder with files"):
            photo_pool(path)
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        photo_pool(tmp_path)


@pytest.mark.parametrize("change", [lambda x: x, ImageOps.mirror, lambda x: x.resize((300, 200))])
def test_what_is_held_out_is_left_out_of_a_folder_too(tmp_path, change):
    change(Image.fromarray(data.chelsea())).save(tmp_path / "my cat.jpg", quality=80)
    change(Image.fromarray(data.astronaut())).save(tmp_path / "woman.jpg")
    pool = photo_pool(tmp_path)
    assert "file my cat.jpg" not in pool.training and "file woman.jpg" in pool.training
    assert "'chelsea', which is held out" in dict(pool.skipped)["file my cat.jpg"]


def test_what_is_too_narrow_once_it_is_made_smaller_is_skipped(tmp_path):
    Image.new("RGB", (5000, 70), "green").save(tmp_path / "narrow.png")
    Image.new("RGB", (90, 70), "green").save(tmp_path / "small.png")
    pool = photo_pool(tmp_path)
    assert "file small.png" in pool.training
    assert [name for name, _ in pool.skipped] == ["narrow.png"]
