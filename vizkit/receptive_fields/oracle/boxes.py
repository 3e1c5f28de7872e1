"""The boxes of all units of a layer, and the half-planes of the input that they are read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = tuple[str, int]
"""Path of a module, and index of one of its calls that return a tensor, from 0."""

SIDES = ("top", "left", "bottom", "right")


@dataclass(frozen=True, slots=True)
class Boxes:
    """The clipped box of every unit of a layer, in input pixels, inclusive.

    Each side is an integer array of the shape of the layer's output for one image, without the
    batch axis; where it is the same along an axis, the axis may have length 1. A unit that nothing
    reaches has top = height, left = width, bottom = right = -1.

    The output for one image keeps its first axis when that is longer than 1, as where windows are
    folded into the batch.
    """

    top: NDArray[Any]
    left: NDArray[Any]
    bottom: NDArray[Any]
    right: NDArray[Any]


def half_planes(side: str, lines: list[int], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Masks of the input, one for each line, that hold it and all before it or all behind it.

    A unit is reached by the rows up to `line` if and only if its top is not below `line`; by the
    rows from `line` on if and only if its bottom is not above it. Columns likewise.

    Parameters
    ----------
    side : of `SIDES`; top and left take what is before a line, bottom and right what is behind it.

    Returns
    -------
    lines x height x width.

    Examples
    --------
    >>> half_planes("left", [1], (1, 4)).astype(int)
    array([[[1, 1, 0, 0]]])
    """
    height, width = size
    at = np.asarray(lines)[:, None]
    along = np.arange(height if side in ("top", "bottom") else width)[None]
    marked = along <= at if side in ("top", "left") else along >= at
    if side in ("top", "bottom"):
        return np.repeat(marked[:, :, None], width, axis=2)
    return np.repeat(marked[:, None, :], height, axis=1)


def side_reached(side: str, box_side: NDArray[Any], lines: list[int]) -> NDArray[np.bool_]:
    """Whether units whose boxes have these sides are reached by the half-planes of `lines`.

    Returns
    -------
    lines x shape of `box_side`.
    """
    at = np.asarray(lines).reshape(-1, *[1] * box_side.ndim)
    return box_side <= at if side in ("top", "left") else box_side >= at


def telling_lines(side: str, box_side: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which lines tell whether units have these sides: the last that reaches, the first that not.

    What a half-plane reaches, a larger one reaches too, so that all other lines tell nothing new.

    Returns
    -------
    One flag for each row (top, bottom) or column (left, right) of an input of `size`.
    """
    length = size[0] if side in ("top", "bottom") else size[1]
    beside = -1 if side in ("top", "left") else 1
    values = np.unique(box_side).astype(np.int64)
    lines = np.concatenate([values, values + beside])
    flags = np.zeros(length, dtype=np.bool_)
    flags[lines[(lines >= 0) & (lines < length)]] = True
    return flags
