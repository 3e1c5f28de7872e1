"""The photograph on which the page draws what a unit sees."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

CREDIT = "Photograph: Eileen Collins, NASA, public domain, from scikit-image"
_MOST = 512
_QUALITY = 82


def photograph(size: tuple[int, int], channels: int) -> str:
    """Data URL of a photograph that fills an image of `size`, gray for a network of one channel.

    Parameters
    ----------
    size : (height, width). Larger images than the photograph itself are left to the browser.

    Examples
    --------
    >>> photograph((28, 28), 1)[:23]
    'data:image/jpeg;base64,'
    """
    from PIL import Image
    from skimage import data

    found: Any = data
    image = Image.fromarray(np.asarray(found.astronaut()))
    if channels == 1:
        image = image.convert("L")
    height, width = size
    scale = min(image.width / width, image.height / height)
    crop = width * scale, height * scale
    # The face is above the middle and left of it.
    left = min(max(0.44 * image.width - crop[0] / 2, 0), image.width - crop[0])
    top = min(max(0.36 * image.height - crop[1] / 2, 0), image.height - crop[1])
    shrink = min(1.0, _MOST / max(size))
    target = max(1, round(width * shrink)), max(1, round(height * shrink))
    box = (left, top, left + crop[0], top + crop[1])
    fitted = image.resize(target, Image.Resampling.LANCZOS, box)
    file = io.BytesIO()
    fitted.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
