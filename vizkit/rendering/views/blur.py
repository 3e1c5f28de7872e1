"""Blurs of what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.rendering.ranges import check_range
from vizkit.rendering.view import View


@dataclass(frozen=True, slots=True)
class Blur(View):
    """Gaussian blur by a deviation of up to `pixels`, 0 to 16, drawn anew in every step."""

    pixels: float = 1.0
    numbers: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range("blur", self.pixels, 0, 16)

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        count, channels, height, width = images.shape
        reach = max(1, round(3 * self.pixels))
        sigma = (draws + 1) / 2 * self.pixels + 1e-3
        places = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
        weights = torch.softmax(-(places**2) / (2 * sigma**2), dim=1)
        # One group per picture and channel: each has a kernel of its own.
        weights = weights.repeat_interleave(channels, 0)[:, None]
        planes = images.reshape(1, count * channels, height, width)
        groups = count * channels
        padded = _repeated(planes, reach)
        rows = F.conv2d(padded, weights[:, :, :, None], groups=groups)
        return F.conv2d(rows, weights[:, :, None], groups=groups).view_as(images)


def _repeated(planes: Tensor, reach: int) -> Tensor:
    """Planes with their border repeated `reach` times."""
    if planes.device.type == "cuda":  # where the gradient of the other differs from run to run
        return joined(planes, reach)
    return F.pad(planes, (reach, reach, reach, reach), mode="replicate")


def joined(planes: Tensor, reach: int) -> Tensor:
    """Planes, B C H W, between repetitions of their border, side by side."""
    for axis in (2, 3):
        size = [reach if each == axis else -1 for each in range(4)]
        first, last = planes.narrow(axis, 0, 1), planes.narrow(axis, planes.shape[axis] - 1, 1)
        planes = torch.cat([first.expand(size), planes, last.expand(size)], axis)
    return planes


VIEW = Blur
