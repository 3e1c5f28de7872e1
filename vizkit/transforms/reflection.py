"""Reflections about the two middle lines of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vizkit.transforms.definition import Transform


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


REFLECTION_Y = Reflection(name="reflection_y", axis=0)
REFLECTION_X = Reflection(name="reflection_x", axis=1)
