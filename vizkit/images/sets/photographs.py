"""Photographs that installed packages bring along; the set of this name are eight of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vizkit.images.photo_set import PhotoSet

SCIKIT_IMAGE = (
    *("astronaut", "camera", "chelsea", "coffee"),
    *("coins", "grass", "motorcycle", "rocket"),
)
SCIKIT_LEARN = ("china", "flower")


class Photographs(PhotoSet):
    """The eight, of which most experiments take their means: fields, tuning and equivariance."""

    name = "photographs"
    names: tuple[str, ...] = SCIKIT_IMAGE

    def __len__(self) -> int:
        return len(self.names)

    def title(self, number: int) -> str:
        """Name of the photograph in its package."""
        return self.names[number]

    def _photo(self, number: int) -> NDArray[np.uint8]:
        return photograph(self.names[number])


def photograph(name: str) -> NDArray[np.uint8]:
    """The photograph called `name` in scikit-image or scikit-learn; H W or H W 3."""
    if name in SCIKIT_LEARN:
        from sklearn.datasets import load_sample_image

        photo = load_sample_image(f"{name}.jpg")
    else:
        from skimage import data

        # Not every photograph of scikit-image is in its wheel; those of `SCIKIT_IMAGE` are.
        photo = getattr(data, {"motorcycle": "stereo_motorcycle"}.get(name, name))()
    pixels: NDArray[np.uint8] = photo[0] if isinstance(photo, tuple) else photo
    return pixels


SET = Photographs
