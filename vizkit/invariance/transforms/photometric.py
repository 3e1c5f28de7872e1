"""Changes of each pixel by itself; none moves."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.invariance.transforms.transform import Family


@dataclass(frozen=True, kw_only=True)
class Brightness(Family):
    """Adds the value to every pixel; what leaves [0, 1] is clipped."""

    name: str = "brightness"
    unit: str = "of full range"
    values: tuple[float, ...] = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
    allowed: tuple[float, float] = (-1.0, 1.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return (images + value).clamp(0, 1)
