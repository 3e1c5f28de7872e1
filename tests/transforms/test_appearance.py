from __future__ import annotations

import colorsys
import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage import color
from torchvision.transforms.v2 import functional as reference

from tests.transforms.pictures import noise
from vizkit.transforms import TRANSFORMS, transform

POINTWISE = ("brightness", "contrast", "gamma", "hue", "saturation")


@pytest.mark.parametrize("degrees", [-90, 30, 120, 245, 359])
def test_hue_is_that_of_colorsys(degrees: float) -> None:
    image = noise(1, 3, 6, 7).double()
    image[0, :, 0, 0] = 0.3
    image[0, :, 0, 1] = torch.tensor([1.0, 0.0, 0.0])
    turned = transform("hue").apply(image, degrees)
    for y in range(6):
        for x in range(7):
            hue, saturation, value = colorsys.rgb_to_hsv(*image[0, :, y, x].tolist())
            expected = colorsys.hsv_to_rgb((hue + degrees / 360) % 1, saturation, value)
            assert turned[0, :, y, x].tolist() == pytest.approx(expected, abs=1e-12)


def test_hue_turns_red_to_green_to_blue_and_adds_up() -> None:
    hue = transform("hue")
    red, green, blue = torch.eye(3).view(3, 1, 3, 1, 1)
    torch.testing.assert_close(hue.apply(red, 120), green)
    torch.testing.assert_close(hue.apply(red, 240), blue)
    image = noise(2, 3, 9, 9)
    torch.testing.assert_close(hue.apply(hue.apply(image, 50), 80), hue.apply(image, 130))
    torch.testing.assert_close(hue.apply(hue.apply(image, 77), -77), image)
    assert torch.equal(hue.apply(image, 360), image)
    measured = color.rgb2hsv(hue.apply(image, 90)[0].permute(1, 2, 0).numpy())[..., 0]
    before = color.rgb2hsv(image[0].permute(1, 2, 0).numpy())[..., 0]
    apart = (measured - before - 0.25 + 0.5) % 1 - 0.5
    assert float(np.abs(apart).max()) < 1e-4


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0, 1.7])
def test_contrast_saturation_and_gamma_are_torchvisions(value: float) -> None:
    """Up to torchvision's rounding of red's luminance to 0.2989."""
    image = noise(3, 3, 20, 21)
    for name, theirs in (
        ("contrast", reference.adjust_contrast),
        ("saturation", reference.adjust_saturation),
    ):
        torch.testing.assert_close(
            transform(name).apply(image, value), theirs(image, value), atol=2e-4, rtol=0
        )
    if value:
        torch.testing.assert_close(
            transform("gamma").apply(image, value), reference.adjust_gamma(image, value)
        )


def test_brightness_adds_and_clips() -> None:
    image = torch.tensor([0.0, 0.25, 0.9]).view(1, 1, 1, 3)
    assert transform("brightness").apply(image, 0.25).flatten().tolist() == [0.25, 0.5, 1.0]
    assert transform("brightness").apply(image, -0.25).flatten()[:2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", POINTWISE)
def test_pointwise_changes_commute_with_any_permutation_of_pixels(name: str) -> None:
    image = noise(2, 3, 8, 9)
    order = torch.randperm(72, generator=torch.Generator().manual_seed(1))

    def permuted(images: torch.Tensor) -> torch.Tensor:
        return images.flatten(2)[..., order].view(2, 3, 8, 9)

    for value in transform(name).values:
        first, last = (
            transform(name).apply(permuted(image), value),
            permuted(transform(name).apply(image, value)),
        )
        if name in ("contrast", "gamma"):
            # The image's mean is a sum in another order, and powers are computed in vectors whose
            # last, incomplete one rounds differently.
            torch.testing.assert_close(first, last, atol=1e-6, rtol=0)
        else:
            assert torch.equal(first, last)


@pytest.mark.parametrize("sigma", [0.5, 1.3, 4.0, 9.0])
def test_blur_is_that_of_scipy(sigma: float) -> None:
    image = noise(1, 2, 25, 31)
    blurred = transform("blur").apply(image, sigma)
    for channel in range(2):
        expected = ndimage.gaussian_filter(
            image[0, channel].double().numpy(), sigma, mode="nearest", truncate=4.0
        )
        assert float((blurred[0, channel] - torch.tensor(expected)).abs().max()) < 1e-6


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [5, 50, 95])
def test_jpeg_is_that_of_pillow(channels: int, quality: int) -> None:
    image = transform("blur").apply(noise(1, channels, 33, 46), 1.5)
    compressed = transform("jpeg").apply(image, quality)
    pixels = (image[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8).squeeze()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    expected = np.asarray(Image.open(file)).reshape(33, 46, channels)
    assert np.array_equal((compressed[0] * 255).round().permute(1, 2, 0).numpy(), expected)


def test_noise_has_its_deviation_and_only_grows_over_a_sweep() -> None:
    image = torch.full((2, 3, 64, 64), 0.5)
    image[1] += 0.01
    weak, strong = (transform("noise").apply(image, value) - image for value in (0.05, 0.1))
    assert float(weak.std()) == pytest.approx(0.05, rel=0.03)
    torch.testing.assert_close(strong, 2 * weak, atol=1e-6, rtol=0)
    # Images that differ have noise of their own.
    shared = torch.corrcoef(weak.flatten(1))[0, 1]
    assert abs(float(shared)) < 0.05


@pytest.mark.parametrize("size", [(16, 20), (15, 21), (16, 21)])
def test_phase_noise_keeps_amplitudes_and_turns_phases(size: tuple[int, int]) -> None:
    image = noise(1, 3, *size).double()
    before = torch.fft.fft2(image)
    drift = []
    for value in (0.25, 0.5, 1.0):
        after = torch.fft.fft2(transform("phase").apply(image, value))
        torch.testing.assert_close(after.abs(), before.abs(), atol=1e-5, rtol=1e-5)
        turned = (after / before).angle().abs()
        # Uniform from -value to value half cycles; the same for every channel.
        assert float(turned.mean()) == pytest.approx(value * np.pi / 2, rel=0.15)
        torch.testing.assert_close(turned[:, 0], turned[:, 2], atol=1e-4, rtol=0)
        drift.append(float((transform("phase").apply(image, value) - image).norm()))
    assert drift == sorted(drift)
    assert transform("phase").apply(image, 1.0).mean() == pytest.approx(float(image.mean()))


def test_the_gray_square_slides_in_from_one_end_and_out_at_the_other() -> None:
    image = torch.ones(1, 1, 16, 16)
    for name, axis in (("occlusion_y", 2), ("occlusion_x", 3)):
        each = TRANSFORMS[name]
        covered = [float(256 - each.apply(image, value).sum()) / 0.5 for value in each.values]
        assert covered == [0, 8, 16, 16, 16, 16, 16, 16, 16, 8, 0]
        left = each.apply(image, 0.25)
        places = (left != 1).nonzero()
        assert places[:, axis].unique().tolist() == [2, 3, 4, 5]
        assert places[:, 5 - axis].unique().tolist() == [6, 7, 8, 9]
        half = each.apply(image, 0.25 + 0.5 / 16)
        assert float(half.sum()) == float(left.sum())
        assert len(half.unique()) == 3
