"""The two standards of luminance, beside those who follow them."""

import pytest
from PIL import Image
from torchvision.transforms.v2.functional import rgb_to_grayscale

from vizkit.images.luminance import BT_601, REC_709


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_bt_601_is_what_pillow_and_torchvision_make_gray_of(channel: int) -> None:
    color = tuple(255 if each == channel else 0 for each in range(3))
    pixel = Image.new("RGB", (1, 1), color)
    assert pixel.convert("L").getpixel((0, 0)) == pytest.approx(255 * BT_601[channel], abs=1)
    gray = rgb_to_grayscale(pixel).getpixel((0, 0))
    assert gray == pytest.approx(255 * BT_601[channel], abs=1)


def test_rec_709_is_the_middle_row_from_srgb_to_xyz() -> None:
    from skimage.color import rgb2xyz

    for channel, weight in enumerate(REC_709):
        color = [[[1.0 if each == channel else 0.0 for each in range(3)]]]
        assert rgb2xyz(color)[0, 0, 1] == pytest.approx(weight, abs=1e-4)


@pytest.mark.parametrize("weights", [BT_601, REC_709])
def test_white_is_one(weights: tuple[float, ...]) -> None:
    assert sum(weights) == pytest.approx(1)
