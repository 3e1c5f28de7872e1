"""Which pictures are photographs, and of which no two look alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from makers.photographs.pictures import pictures

# In gray levels of 255: thumbnails of two photographs differ by more, a photograph has more
# contrast, and its neighboring pixels differ by more. Drawings and gradients do not.
APART, CONTRAST, DETAIL = 12, 10, 1.2
# Neighboring pixels of a drawing have exactly the same color more often than that.
EVEN = 0.5


def is_photograph(picture: Image.Image) -> bool:
    """Whether it has contrast, detail, and few even places, the ground left out."""
    picture = picture.copy()
    picture.thumbnail((400, 400))
    pixels = np.asarray(picture).astype(int)
    color, opaque = pixels[..., :3], pixels[..., 3] > 128
    ground = color[0, 0] if opaque[0, 0] else np.array([-99, -99, -99])
    shown = opaque & (np.abs(color - ground).max(-1) > 12)
    both = shown[:, 1:] & shown[:, :-1]
    if both.sum() < 2000:
        return False
    gray = color.mean(-1)
    detail = np.abs(np.diff(gray, axis=1))[both].mean()
    even = (np.diff(color, axis=1) == 0).all(-1)[both].mean()
    return bool(gray[shown].std() > CONTRAST and detail > DETAIL and even < EVEN)


def distinct(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Name and picture of photographs of which no two look alike, mirrored or not."""
    thumbnails: list[np.ndarray] = []
    for name, picture in pictures(folder):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        small = np.asarray(white.convert("RGB").resize((12, 12)), dtype=float)
        alike = any(
            np.abs(each - other).mean() < APART
            for each in (small, small[:, ::-1])
            for other in thumbnails
        )
        if not alike and is_photograph(picture):
            thumbnails.append(small)
            yield name, picture
