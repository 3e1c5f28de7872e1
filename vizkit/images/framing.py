"""Which pixels of a picture a network is shown, and back from the image to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from vizkit.images.preprocessing import Preprocessing

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1), inclusive."""
_LONGEST = 8
"""Ratio of the sides from which the ends are cut off before resizing, which would make a strip of
one pixel's height enormous."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How an image is cut from a picture; all sizes and places are (height, width), (y, x).

    Attributes
    ----------
    start, middle : place and size of the part that is kept of a very long or high picture, in
        pixels of the picture; of any other all of it.
    resized : size that this part is resized to.
    crop, size : place and size of the image in the resized part, in pixels of the latter.
    """

    start: tuple[int, int]
    middle: tuple[int, int]
    resized: tuple[int, int]
    crop: tuple[int, int]
    size: tuple[int, int]

    def region(self, box: Box) -> Box:
        """Pixels of the picture that the pixels of `box` in the image are made of, inclusive.

        Exact: a pixel of the picture counts where it overlaps; what resampling mixes in from up to
        half of an image's pixel beyond does not. A box that leaves the image is continued at the
        same scale, so that the result may leave the picture.

        Examples
        --------
        >>> halved = framing((100, 80), Preprocessing((0.0,), (1.0,), (40, 40), resize=40))
        >>> halved.region((0, 0, 39, 39)), halved.region((-1, 3, 0, 3))
        ((10, 0, 89, 79), (8, 6, 11, 7))
        """
        y0, y1 = self._lines(0, box[0], box[2])
        x0, x1 = self._lines(1, box[1], box[3])
        return y0, x0, y1, x1

    def _lines(self, axis: int, first: int, last: int) -> tuple[int, int]:
        scale = Fraction(self.middle[axis], self.resized[axis])
        begin = self.start[axis] + (first + self.crop[axis]) * scale
        end = self.start[axis] + (last + 1 + self.crop[axis]) * scale
        return floor(begin), ceil(end) - 1


def framing(picture: tuple[int, int], preprocessing: Preprocessing) -> Framing:
    """Framing of a picture of this (height, width) for a network with this preprocessing."""
    most = _LONGEST * min(picture)
    high, wide = (min(side, most) for side in picture)
    start = (picture[0] - high) // 2, (picture[1] - wide) // 2
    height, width = preprocessing.input_size
    scale = 1.0 if preprocessing.resize is None else preprocessing.resize / min(high, wide)
    # Too small for the crop: enlarged until it fits.
    scale = max(scale, width / wide, height / high)
    resized = high, wide
    if scale != 1:
        # Rounded as torchvision rounds, so that networks see the very pixels that its own see.
        resized = max(int(high * scale + 1e-6), height), max(int(wide * scale + 1e-6), width)
    crop = round((resized[0] - height) / 2), round((resized[1] - width) / 2)
    return Framing(start, (high, wide), resized, crop, (height, width))
