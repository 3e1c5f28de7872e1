import numpy as np
import pytest
import torch
from PIL import Image

from vizkit.errors import UsageError
from vizkit.images import photo
from vizkit.images.photo import read_photo
from vizkit.images.preprocessing import Preprocessing


def expects(size, resize=None, channels=3):
    return Preprocessing((0.5,) * channels, (0.5,) * channels, size, resize=resize)


def save(tmp_path, pixels, name="photo.png", **options):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(tmp_path / name, **options)
    return tmp_path / name


def test_pixels_are_kept_where_nothing_is_resized(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    found = read_photo(save(tmp_path, pixels), expects((5, 8)))
    assert found.shape == (1, 3, 5, 8)
    expected = pixels[2:7, 2:10].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_the_shorter_side_is_resized_and_the_center_cropped(tmp_path):
    # Left half black, right half white: the middle of the crop is the middle of the photograph.
    pixels = np.zeros((40, 80, 3))
    pixels[:, 40:] = 255
    found = read_photo(save(tmp_path, pixels), expects((16, 16), resize=20))
    assert found.shape == (1, 3, 16, 16)
    assert found[..., :7].max() == 0
    assert found[..., 9:].min() == 1


def test_small_photographs_are_enlarged_to_the_input(tmp_path):
    assert read_photo(save(tmp_path, np.zeros((4, 3, 3))), expects((16, 12))).shape[2:] == (16, 12)


def test_gray_photographs_and_gray_networks(tmp_path):
    gray = save(tmp_path, np.full((8, 8), 51))
    assert torch.allclose(read_photo(gray, expects((8, 8))), torch.full((1, 3, 8, 8), 0.2))
    assert torch.allclose(
        read_photo(gray, expects((8, 8), channels=1)), torch.full((1, 1, 8, 8), 0.2)
    )


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    Image.fromarray(np.full((4, 4), 257 * 51, dtype=np.uint16)).save(tmp_path / "deep.png")
    found = read_photo(tmp_path / "deep.png", expects((4, 4)))
    assert torch.allclose(found, torch.full((1, 3, 4, 4), 0.2))


def test_transparent_pixels_become_white(tmp_path):
    pixels = np.zeros((4, 4, 4))
    pixels[:2, :, 3] = 255
    found = read_photo(save(tmp_path, pixels), expects((4, 4)))
    assert found[0, :, :2].max() == 0
    assert found[0, :, 2:].min() == 1


def test_the_camera_s_orientation_is_followed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path, np.zeros((4, 8, 3)), "photo.jpg", exif=exif)
    assert read_photo(path, expects((8, 4))).shape[2:] == (8, 4)


def test_unreadable_files_are_named(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"'.*none.png' does not exist"):
        read_photo(tmp_path / "none.png", expects((4, 4)))
    with pytest.raises(UsageError, match="cannot be read as a picture"):
        read_photo(tmp_path, expects((4, 4)))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UsageError, match="cannot be read as a picture"):
        read_photo(tmp_path / "text.png", expects((4, 4)))
    whole = save(tmp_path, np.random.default_rng(0).integers(0, 256, (64, 64, 3)))
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(UsageError, match="cannot be read as a picture"):
        read_photo(tmp_path / "half.png", expects((4, 4)))
    monkeypatch.setattr(photo, "MOST_PIXELS", 4000)
    with pytest.raises(UsageError, match=r"has 64 x 64 pixels.\n  Make it smaller than 4,000"):
        read_photo(whole, expects((4, 4)))


@pytest.mark.parametrize("side", [9_000, 20_000])
def test_files_that_claim_to_be_huge_are_refused_without_decoding(tmp_path, side):
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    with pytest.raises(UsageError, match=r"Make it smaller|cannot be read as a picture"):
        read_photo(tmp_path / "bomb.png", expects((4, 4)))


def test_networks_of_many_channels_take_no_photographs(tmp_path):
    with pytest.raises(UsageError, match="a network of 4 input channels"):
        read_photo(save(tmp_path, np.zeros((4, 4, 3))), expects((4, 4), channels=4))
