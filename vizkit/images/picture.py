"""Pictures from arrays and tensors, whose range is read off their type and never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vizkit.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image


def as_picture(array: NDArray[Any] | Tensor) -> Image.Image:
    """Picture of an array (H W or H W C) or of a tensor (C H W, or 1 C H W).

    uint8 counts from 0 to 255, uint16 to 65535, numbers with a fraction from 0 to 1.

    Raises
    ------
    UsageError : another shape, type or range.

    Examples
    --------
    >>> as_picture(np.zeros((4, 6, 3))).size
    (6, 4)
    """
    from PIL import Image

    if isinstance(array, Tensor):
        tensor = array[0] if array.dim() == 4 and len(array) == 1 else array
        if tensor.dim() != 3:
            raise UsageError(f"a tensor of shape {tuple(array.shape)} is not one image C H W.")
        array = tensor.permute(1, 2, 0).detach().cpu().numpy()
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,), (4,)) or 0 in array.shape:
        raise UsageError(
            f"an array of shape {array.shape} is not an image.\n"
            "  Give H W for gray, H W 3 for RGB, or H W 4 for RGB with transparency."
        )
    return Image.fromarray(_as_bytes(array))


def _as_bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.uint16:
        array = array / np.float32(65535)
    elif array.dtype == np.bool_:
        array = array.astype(np.float32)
    elif not np.issubdtype(array.dtype, np.floating):
        raise UsageError(
            f"an image of type {array.dtype} has no range that vizkit knows.\n"
            "  Give uint8 from 0 to 255, uint16, or fractions from 0 to 1."
        )
    low, high = float(array.min()), float(array.max())
    # Resampling leaves a hair's breadth outside of the range; NaN fails every comparison.
    if not (low >= -0.001 and high <= 1.001):
        raise UsageError(
            f"an image of type {array.dtype} runs from {low:g} to {high:g}; "
            "fractions go from 0 to 1.\n  Divide by the largest value, or give uint8."
        )
    rounded: NDArray[np.uint8] = np.round(array.clip(0, 1) * 255).astype(np.uint8)
    return rounded
