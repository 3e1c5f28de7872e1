"""Turns, reflections, scale and shear about the middle of an image."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform, size_of
from vizkit.transforms.warp import Linear, disc, on_gray, turn, warp


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
        height, width = images.shape[2:]
        quarters = _quarters(value, (height, width))
        if quarters is None:
            return warp(images, turn(value), GRAY)
        if quarters % 2 == 0 or height == width:
            return torch.rot90(images, quarters, (2, 3))
        # Only the square in the middle stays within the frame.
        sides, side = (height, width), min(height, width)
        rows, columns = (slice((whole - side) // 2, (whole + side) // 2) for whole in sides)
        result = torch.full_like(images, GRAY)
        result[:, :, rows, columns] = torch.rot90(images[:, :, rows, columns], quarters, (2, 3))
        return result

    def _returns(self, size: Size, value: float) -> Tensor:  # noqa: ARG002
        # Pixels of the rim are mixed with gray at every angle, so that they say little.
        return disc(size, torch.empty(0, dtype=torch.float64)) == 1


@dataclass(frozen=True, kw_only=True)
class Reflection(Transform):
    """0 leaves the image as it is, 1 reflects it; pixels are moved exactly.

    Attributes
    ----------
    axis : the coordinate that changes its sign: 0 swaps top and bottom, 1 left and right.
    """

    unit: str = "reflections"
    values: tuple[float, ...] = (0.0, 1.0)
    allowed: tuple[float, float] = (0.0, 1.0)
    whole: bool = True
    moves: ClassVar[bool] = True
    axis: int

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return images.flip(2 + self.axis) if value else images.clone()


class _LinearTransform(Transform):
    """Transforms whose values are linear maps of the plane, each one resampling."""

    moves: ClassVar[bool] = True

    @abstractmethod
    def _linear(self, value: float) -> Linear: ...

    def _samples(self, value: float) -> int:  # noqa: ARG002
        return 1

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True for the identity alone."""
        return value == self.identity

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return self._move(images, value)

    def _move(self, images: Tensor, value: float) -> Tensor:
        if value == self.identity:
            return images.clone()
        return warp(images, self._linear(value), GRAY, samples=self._samples(value))

    def _returns(self, size: Size, value: float) -> Tensor:
        ones = torch.ones(1, 1, *size, dtype=torch.float64)
        there = warp(ones, self._linear(value), 0.0)
        return warp(there, self._linear(self._inverse(value)), 0.0)[0, 0] > 1 - 1e-9


@dataclass(frozen=True, kw_only=True)
class Scale(_LinearTransform):
    """Enlarges the picture by a factor, bilinear; gray comes in around it below 1.

    A picture that shrinks is averaged over the pixels that come to lie in one, so that no fine
    detail turns into false coarse detail.
    """

    name: str = "scale"
    unit: str = "times"
    identity: float = 1.0
    values: tuple[float, ...] = tuple(2 ** (step / 4) for step in range(-4, 5))
    allowed: tuple[float, float] = (0.125, 8.0)

    def _inverse(self, value: float) -> float:
        return 1 / value

    def _linear(self, value: float) -> Linear:
        return (1 / value, 0.0), (0.0, 1 / value)

    def _samples(self, value: float) -> int:
        return math.ceil(1 / value)


@dataclass(frozen=True, kw_only=True)
class Shear(_LinearTransform):
    """Slides rows sideways so that vertical lines turn counter-clockwise, by degrees; bilinear.

    As for a rotation the image is a disc on gray, whatever the value.
    """

    name: str = "shear"
    unit: str = "degrees"
    values: tuple[float, ...] = (-40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0)
    allowed: tuple[float, float] = (-60.0, 60.0)

    def _linear(self, value: float) -> Linear:
        # The top, where y is negative, goes to the left: it is read further to the right.
        return (1.0, 0.0), (-math.tan(math.radians(value)), 1.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return self._move(on_gray(images, disc(size_of(images), images)), value)


ROTATION = Rotation()
REFLECTION_Y = Reflection(name="reflection_y", axis=0)
REFLECTION_X = Reflection(name="reflection_x", axis=1)
SCALE = Scale()
SHEAR = Shear()


def _quarters(value: float, size: Size) -> int | None:
    """Quarter turns that `value` makes exactly on images of `size`, 0 to 3; else None."""
    quarters = value / 90
    if not quarters.is_integer() or (quarters % 2 == 1 and (size[0] - size[1]) % 2 == 1):
        return None
    return int(quarters) % 4
