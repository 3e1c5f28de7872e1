"""Changes of each pixel by itself; none moves, and what leaves [0, 1] is clipped."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.transforms.color import luminance
from vizkit.transforms.definition import Transform


@dataclass(frozen=True, kw_only=True)
class Brightness(Transform):
    """Adds the value to every pixel."""

    name: str = "brightness"
    unit: str = "of full range"
    values: tuple[float, ...] = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
    allowed: tuple[float, float] = (-1.0, 1.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return (images + value).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Contrast(Transform):
    """Multiplies the distance of every pixel from the image's mean luminance."""

    name: str = "contrast"
    unit: str = "times"
    identity: float = 1.0
    values: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
    allowed: tuple[float, float] = (0.0, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        mean = luminance(images).mean((1, 2, 3), keepdim=True)
        return torch.lerp(mean.expand_as(images), images, value).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Gamma(Transform):
    """Raises every pixel to the power of the value; above 1 the middle tones get darker."""

    name: str = "gamma"
    unit: str = "exponent"
    identity: float = 1.0
    values: tuple[float, ...] = (0.4, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5)
    allowed: tuple[float, float] = (0.01, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return images.clamp(0, 1) ** value


BRIGHTNESS = Brightness()
CONTRAST = Contrast()
GAMMA = Gamma()
