"""What is cut out gets a part of another photograph behind it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps

from makers.photographs.pictures import LONGEST

OPAQUE = 250


def on_ground(cut_out: Image.Image, photo: Image.Image) -> Image.Image:
    """The cut-out in the middle of a part of the photograph, a quarter larger."""
    cut_out = cut_out.crop(cut_out.getchannel("A").getbbox())
    size = (round(1.25 * cut_out.width), round(1.25 * cut_out.height))
    ground = ImageOps.fit(photo, size, Image.Resampling.LANCZOS)
    place = ((size[0] - cut_out.width) // 2, (size[1] - cut_out.height) // 2)
    ground.paste(cut_out, place, cut_out)
    ground.thumbnail((LONGEST, LONGEST))
    return ground


def with_grounds(
    pictures: list[tuple[str, Image.Image]],
) -> Iterator[tuple[str, Image.Image]]:
    """The pictures, what is cut out on parts of those that are not, taken in turn."""
    whole: list[tuple[str, Image.Image]] = []
    cut_out: list[tuple[str, Image.Image]] = []
    for name, picture in pictures:
        opaque = np.asarray(picture.getchannel("A")).min() > OPAQUE
        (whole if opaque else cut_out).append((name, picture))
    grounds = [picture.convert("RGB") for _, picture in whole]
    yield from zip((name for name, _ in whole), grounds, strict=True)
    for place, (name, picture) in enumerate(cut_out):
        ground = grounds[place % len(grounds)] if grounds else Image.new("RGB", (9, 9), "white")
        yield name, on_ground(picture, ground)
