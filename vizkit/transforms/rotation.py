"""Rotation of the disc inscribed in an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform, size_of
from vizkit.transforms.warp import disc, on_gray, turn, warp


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
    moves: ClassVar[bool] = True

    def exact(self, value: float, size: Size) -> bool:
        """True for quarter turns that take pixels to pixels."""
        return _quarters(value, size) is not None

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return on_gray(self._move(images, value), disc(size_of(images), images))

    def _move(self, images: Tensor, value: float) -> Tensor:
        return _turned(images, value)

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


def _turned(images: Tensor, value: float) -> Tensor:
    height, width = images.shape[2:]
    quarters = _quarters(value, (height, width))
    if quarters is None:
        return warp(images, turn(value), GRAY)
    if quarters % 2 == 0 or height == width:
        return torch.rot90(images, quarters, (2, 3))
    # Only the square in the middle stays within the frame.
    side = min(height, width)
    rows, columns = (slice((whole - side) // 2, (whole + side) // 2) for whole in (height, width))
    result = torch.full_like(images, GRAY)
    result[:, :, rows, columns] = torch.rot90(images[:, :, rows, columns], quarters, (2, 3))
    return result
