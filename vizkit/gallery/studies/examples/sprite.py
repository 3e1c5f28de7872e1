"""All crops of a unit in one picture, with the line around what drives the unit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vizkit.dataset_examples.crop import crop
from vizkit.images.picture import as_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from vizkit.dataset_examples import Example
    from vizkit.images.framing import Framing

CELL = 112
"""Longest side of a crop in pixels."""
_ACROSS = 6
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Sprite:
    """Pictures in one file.

    Attributes
    ----------
    content : WEBP.
    size : (width, height).
    places : x, y, width and height of each picture.
    """

    content: bytes
    size: tuple[int, int]
    places: tuple[tuple[int, int, int, int], ...]


def small_crop(original: tuple[Image.Image, Framing], example: Example) -> Image.Image:
    """Crop of an example, at most CELL x CELL, with a line at half of the largest response."""
    assert example.field is not None
    picture = as_picture(crop(*original, example.field).pixels)
    scale = CELL / max(picture.size)
    wide, high = (max(1, round(side * scale)) for side in picture.size)
    picture = picture.resize((wide, high))
    if example.heat is None or not example.heat.min() < 0.5 < example.heat.max():
        return picture
    pixels = np.array(picture)
    shares = np.round(example.heat.astype(np.float64) * 255).astype(np.uint8)
    inside = np.asarray(as_picture(shares).resize((wide, high))) >= 128
    outer = _grown(inside) & ~inside
    pixels[_grown(outer) & inside] = 0
    pixels[outer] = 255
    return as_picture(pixels)


def sprite(crops: Sequence[Image.Image]) -> Sprite:
    """Sprite of crops of at most CELL x CELL, in rows."""
    from PIL import Image

    size = CELL * min(len(crops), _ACROSS), CELL * -(-len(crops) // _ACROSS)
    sheet = Image.new("RGB", size, (128, 128, 128))
    places = []
    for number, each in enumerate(crops):
        x, y = CELL * (number % _ACROSS), CELL * (number // _ACROSS)
        sheet.paste(each, (x, y))
        places.append((x, y, each.width, each.height))
    file = io.BytesIO()
    sheet.save(file, "WEBP", quality=_QUALITY, method=4)
    return Sprite(file.getvalue(), size, tuple(places))


def _grown(mask: NDArray[Any]) -> NDArray[Any]:
    """`mask` and what is next to it."""
    padded = np.pad(mask, 1)
    grown: NDArray[Any] = (
        mask | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    )
    return grown
