"""What a unit sees of a photograph, in the photograph's own pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vizkit.images.framing import Box, Framing
from vizkit.images.gray import GRAY

if TYPE_CHECKING:
    from PIL import Image

_STRIPE = 8
"""Stripes of the hatch along the shorter side of a crop."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a unit sees of the image that its network was shown, in pixels of the image.

    Attributes
    ----------
    box : as if the image had no borders.
    clipped : the part of it in the image.
    """

    box: Box
    clipped: Box


@dataclass(frozen=True, eq=False, slots=True)
class Crop:
    """A crop of a photograph.

    Attributes
    ----------
    pixels : uint8, H W 3; what lies beyond the image that the network was shown is hatched gray.
    padding : pixels of that on each side: top, left, bottom, right.
    """

    pixels: NDArray[np.uint8]
    padding: tuple[int, int, int, int]


def shown_box(field: Field) -> Box:
    """`field.box`, with padding cut where it would take more than half of a side.

    Units far from the input see so much of it that the photograph would be a dot. Units that see
    less than the image keep all of it.

    Examples
    --------
    >>> shown_box(Field((-2, 4, 5, 9), (0, 4, 5, 9)))
    (-2, 4, 5, 9)
    >>> shown_box(Field((-300, -20, 300, 20), (0, 0, 99, 20)))
    (-59, -20, 139, 20)
    """
    y0, y1 = _cut(field, 0)
    x0, x1 = _cut(field, 1)
    return y0, x0, y1, x1


def _cut(field: Field, axis: int) -> tuple[int, int]:
    first, last = field.clipped[axis], field.clipped[axis + 2]
    before, after = first - field.box[axis], field.box[axis + 2] - last
    most = last - first + 1
    if before + after > most:
        before, after = (side * most // (before + after) for side in (before, after))
    return first - before, last + after


def crop(picture: Image.Image, frame: Framing, field: Field) -> Crop:
    """Crop of a photograph at what a unit sees.

    Parameters
    ----------
    picture, frame : of `ImageSet.original`.
    """
    y0, x0, y1, x1 = frame.region(field.clipped)
    inside = np.asarray(picture.convert("RGB").crop((x0, y0, x1 + 1, y1 + 1)))
    top, left, bottom, right = frame.region(shown_box(field))
    padding = y0 - top, x0 - left, bottom - y1, right - x1
    if not any(padding):
        return Crop(inside, padding)
    pixels = _hatch(bottom - top + 1, right - left + 1)
    pixels[y0 - top : y1 - top + 1, x0 - left : x1 - left + 1] = inside
    return Crop(pixels, padding)


def _hatch(height: int, width: int) -> NDArray[np.uint8]:
    """Gray with slanted stripes, which no photograph is taken for."""
    stripe = max(1, min(height, width) // (2 * _STRIPE))
    rows, columns = np.indices((height, width))
    striped = ((rows + columns) // stripe) % 2
    gray: NDArray[Any] = np.round(255 * (GRAY + 0.1 * striped)).astype(np.uint8)
    return gray[..., None].repeat(3, axis=2)
