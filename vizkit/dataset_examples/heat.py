"""Where in a crop a channel responds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizkit.images.framing import Box
from vizkit.receptive_fields.layer_field import LayerField

GRID = 24
"""Side of a heat map, whatever the crop."""
Centers = tuple[tuple[float, float], tuple[float, float]]
"""For rows and columns the middle of what the first unit of a map sees, and the step to the next,
in pixels of the image."""


def centers(layer: LayerField | None, shape: tuple[int, int], size: tuple[int, int]) -> Centers:
    """Where a map of this (height, width) lies in the image; without a field spread over it."""

    def axis(number: int) -> tuple[float, float]:
        if layer is not None:
            first, step = layer.center[number], layer.stride[number]
            if first is not None and step:
                return float(first), float(step)
        apart = size[number] / shape[number]
        return apart / 2 - 0.5, apart

    return axis(0), axis(1)


def heat_map(channel: NDArray[Any], places: Centers, box: Box) -> NDArray[np.float16]:
    """Responses of a channel over a box of the image, as shares of its largest, GRID x GRID.

    A response stands at the middle of what its unit sees; between them it is interpolated,
    and more than half a step beyond the outermost unit there is none.

    Parameters
    ----------
    channel : responses to the image, h x w.
    places : of `centers`.
    box : pixels of the image, inclusive; may leave it.

    Examples
    --------
    >>> row = np.array([[0.0, 2.0, 4.0]])
    >>> heat_map(row, ((0.0, 1.0), (1.0, 2.0)), (0, 0, 0, GRID - 1))[0, :8].tolist()
    [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 0.0]
    """
    values = np.nan_to_num(channel.astype(np.float64))
    largest = float(values.max())
    if largest <= 0:
        return np.zeros((GRID, GRID), np.float16)
    for axis, (first, step) in enumerate(places):
        begin, end = box[axis], box[axis + 2] + 1
        wanted = begin + (np.arange(GRID) + 0.5) * (end - begin) / GRID - 0.5
        units = (wanted - first) / step
        at = np.clip(units, 0, values.shape[axis] - 1)
        below = np.minimum(at.astype(int), max(values.shape[axis] - 2, 0))
        above = np.minimum(below + 1, values.shape[axis] - 1)
        share = (at - below).reshape((-1, 1) if axis == 0 else (1, -1))
        low, high = values.take(below, axis), values.take(above, axis)
        # Half a step beyond the outermost unit there is none that could respond.
        there = (abs(units - at) <= 0.5).reshape(share.shape)
        values = (low * (1 - share) + high * share) * there
    return (values / largest).astype(np.float16)
