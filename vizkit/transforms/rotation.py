"""Rotation of the disc inscribed in an image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform
from vizkit.transforms.warp import disc, inside, on_gray, turn, warp


@dataclass(frozen=True, kw_only=True)
class Rotation(Transform):
    """Counter-clockwise turn about the middle, in degrees.

    The image is a disc on gray at every angle, 0 included: corners that come and go would be taken
    for a reaction to the angle. Quarter turns move pixels exactly where the middle of the image
    allows it (a height and width that are both even or both odd; half turns always). Any other
    angle is one bilinear resampling.
    """

    name: str = "rotation"
    unit: str = "degrees"
    values: tuple[float, ...] = tuple(map(float, range(0, 360, 15)))
    period: float | None = 360.0

    def exact(self, value: float, size: Size) -> bool:
        """True for quarter turns that take pixels to pixels."""
        return _quarters(value, size) is not None

    def _apply(self, images: Tensor, value: float) -> Tensor:
        size = (images.shape[2], images.shape[3])
        return on_gray(self._move(images, value), disc(size, images), GRAY)

    def _move(self, images: Tensor, value: float) -> Tensor:
        return _turned(images, value, GRAY)

    def _act(
        self, maps: Tensor, value: float, stride: tuple[int, int], interpolate: bool
    ) -> Tensor | None:
        size = (maps.shape[2], maps.shape[3])
        exact = _quarters(value, size) is not None
        if stride[0] != stride[1] or not (exact or interpolate):
            return None
        if exact:
            return _turned(maps, value, math.nan)
        known = inside(size, turn(value), maps)
        return _turned(maps, value, 0.0).masked_fill(~known, math.nan)

    def _returns(self, size: Size, value: float) -> Tensor:  # noqa: ARG002
        # Pixels of the rim are mixed with gray at every angle, so that they say little.
        return disc(size, torch.empty(0, dtype=torch.float64)) == 1


ROTATION = Rotation()


def _quarters(value: float, size: Size) -> int | None:
    """Quarter turns that `value` makes exactly on images of `size`, 0 to 3; else None."""
    quarters = value / 90
    if not quarters.is_integer() or (quarters % 2 == 1 and (size[0] - size[1]) % 2 == 1):
        return None
    return int(quarters) % 4


def _turned(images: Tensor, value: float, fill: float) -> Tensor:
    height, width = images.shape[2:]
    quarters = _quarters(value, (height, width))
    if quarters is None:
        return warp(images, turn(value), fill)
    if quarters % 2 == 0 or height == width:
        return torch.rot90(images, quarters, (2, 3))
    # Only the square in the middle stays within the frame.
    side = min(height, width)
    square = (
        slice((height - side) // 2, (height + side) // 2),
        slice((width - side) // 2, (width + side) // 2),
    )
    result = torch.full_like(images, fill)
    result[:, :, square[0], square[1]] = torch.rot90(
        images[:, :, square[0], square[1]], quarters, (2, 3)
    )
    return result
