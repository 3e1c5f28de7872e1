from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import vizkit
from vizkit.errors import UsageError
from vizkit.images.folder import PhotoFolder
from vizkit.networks.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return vizkit.load("squeezenet1_1@random")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A square, a wide, a gray and a transparent picture; two broken files and a hidden one."""
    pixels = np.random.default_rng(0).integers(0, 256, (240, 600, 4), dtype=np.uint8)
    Image.fromarray(pixels[:, :240, :3]).save(tmp_path / "a square.png")
    Image.fromarray(pixels[..., :3]).save(tmp_path / "b wide.jpg")
    Image.fromarray(pixels[:, :300, 0]).save(tmp_path / "c gray.png")
    Image.fromarray(pixels[:, :300]).save(tmp_path / "d transparent.png")
    whole = (tmp_path / "a square.png").read_bytes()
    (tmp_path / "e cut off.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "f.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(whole)
    (tmp_path / "within").mkdir()
    return tmp_path


def test_pictures_of_any_shape_come_in_order_and_broken_files_are_named(
    network: Network, folder: Path
) -> None:
    photos = PhotoFolder(folder, network.preprocessing)
    assert len(photos) == 6
    images = list(photos)
    assert [image.shape for image in images] == [(1, 3, 224, 224)] * 4
    assert [name for name, _ in photos.skipped] == ["e cut off.png", "f.txt"]
    assert all("cannot be read as a picture" in reason for _, reason in photos.skipped)
    assert torch.equal(images[1], network.prepare(folder / "b wide.jpg"))
    assert all(torch.equal(*pair) for pair in zip(images, photos, strict=True))
    assert len(photos.skipped) == 2


def test_no_picture_is_kept(network: Network, folder: Path) -> None:
    gone = []
    for image in PhotoFolder(folder, network.preprocessing):
        gone.append(weakref.ref(image))
        del image
        gc.collect()
    assert [reference() for reference in gone] == [None] * 4


def test_folders_without_pictures_are_refused(network: Network, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no files"):
        PhotoFolder(tmp_path, network.preprocessing)
    with pytest.raises(UsageError, match="is not a folder"):
        PhotoFolder(tmp_path / "none", network.preprocessing)
    (tmp_path / "notes.txt").write_text("no picture")
    photos = PhotoFolder(tmp_path, network.preprocessing)
    with pytest.raises(UsageError, match=r"none of the 1 files in .* is a picture\. The first:"):
        list(photos)


def test_by_number_files_are_found_and_broken_ones_refused(network: Network, folder: Path) -> None:
    photos = PhotoFolder(folder, network.preprocessing)
    numbered = dict(photos.numbered())
    assert list(numbered) == [0, 1, 2, 3]
    assert all(torch.equal(image, photos[number]) for number, image in numbered.items())
    for number, name in ((4, "e cut off.png"), (5, "f.txt")):
        with pytest.raises(UsageError, match=f"{name}' cannot be read as a picture"):
            photos[number]


def test_the_digest_is_of_names_and_contents_and_needs_no_decoding(
    network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vizkit.images.photo_set.read_photo", None)

    def digest() -> str:
        return PhotoFolder(folder, network.preprocessing).digest

    first = digest()
    assert digest() == first
    (folder / ".hidden.png").unlink()
    assert digest() == first
    whole = bytearray((folder / "b wide.jpg").read_bytes())
    whole[-40] ^= 1
    (folder / "b wide.jpg").write_bytes(whole)
    changed = digest()
    (folder / "b wide.jpg").rename(folder / "bb wide.jpg")
    assert len({first, changed, digest()}) == 3
