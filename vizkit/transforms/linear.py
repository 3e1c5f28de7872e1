"""Scale and shear about the middle of an image, each one resampling."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform, size_of
from vizkit.transforms.warp import Linear, disc, on_gray, warp


class _LinearTransform(Transform):
    """Transforms whose values are linear maps of the plane."""

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


SCALE = Scale()
SHEAR = Shear()
