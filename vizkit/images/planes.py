"""How an image looks that is neither gray nor of three colors: its planes, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def count_side_by_side(channels: int) -> int:
    """How many pictures an image of so many channels is shown as, from left to right.

    Examples
    --------
    >>> [count_side_by_side(channels) for channels in (1, 2, 3, 4, 6)]
    [1, 2, 1, 4, 6]
    """
    return 1 if channels in (1, 3) else channels


def side_by_side(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels, H W C, of 1 or 3 channels as they are; else each channel as a gray picture.

    Nobody can know which of 4 or 6 channels are red, green and blue, if any is.

    Examples
    --------
    >>> import numpy as np
    >>> side_by_side(np.zeros((5, 7, 3))).shape, side_by_side(np.zeros((5, 7, 4))).shape
    ((5, 7, 3), (5, 28, 1))
    """
    height, width, channels = pixels.shape
    count = count_side_by_side(channels)
    if count == 1:
        return pixels
    return pixels.transpose(0, 2, 1).reshape(height, count * width, 1)
