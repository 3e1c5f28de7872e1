"""Changes of a picture that no recipe trains on; what is left of the response shows robustness."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.transforms import TRANSFORMS

Change = Callable[[Tensor], Tensor]
"""Of images, B C H W in [0, 1], to images of the same shape."""

SHIFT = 8
"""Pixels down and right of the change `shift`; smaller pictures than 4 x this are not shifted."""
CROP = 176 / 224
"""Share of each side that the change `crop` keeps, the usual center crop of ImageNet."""


def half(images: Tensor) -> Tensor:
    """`images` at half their size and back: what is finer than two pixels is gone."""
    size = images.shape[2:]
    smaller = F.interpolate(
        images, [max(1, side // 2) for side in size], mode="bicubic", antialias=True
    )
    return F.interpolate(smaller, list(size), mode="bicubic").clamp(0, 1)


def shift(images: Tensor) -> Tensor:
    """`images` 8 pixels down and right; the first rows and columns go on where nothing is left."""
    padded = F.pad(images, (SHIFT, 0, SHIFT, 0), mode="replicate")
    return padded[:, :, : images.shape[2], : images.shape[3]]


def crop(images: Tensor) -> Tensor:
    """The middle of `images`, 176 of 224 pixels, enlarged to their size."""
    height, width = images.shape[2:]
    kept = [max(1, round(side * CROP)) for side in (height, width)]
    top, left = (height - kept[0]) // 2, (width - kept[1]) // 2
    middle = images[:, :, top : top + kept[0], left : left + kept[1]]
    return F.interpolate(middle, [height, width], mode="bilinear")


def noise(images: Tensor) -> Tensor:
    """`images` with Gaussian noise of a tenth of the full range, the same for every picture."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(images.shape[1:], generator=generator).to(images)
    return (images + 0.1 * drawn).clamp(0, 1)


def _named(name: str, value: float) -> Change:
    return lambda images: TRANSFORMS[name].apply(images, value).clamp(0, 1)


CHANGES: dict[str, Change] = {
    "jpeg50": _named("jpeg", 50),
    "blur": _named("blur", 1.5),
    "half": half,
    "shift": shift,
    "crop": crop,
    "hue": _named("hue", 20),
    "contrast": _named("contrast", 0.85),
    "noise": noise,
}
"""By the names that JSON has."""


def applies(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a change says anything about pictures of this shape, C H W."""
    channels, *size = shape
    if name == "hue":
        return channels == 3
    if name == "jpeg50":
        return channels in (1, 3)
    return name != "shift" or min(size) >= 4 * SHIFT
