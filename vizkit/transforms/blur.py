"""Gaussian blur."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.transforms.definition import Transform

_REACH = 4.0
"""Deviations after which the Gaussian is cut off."""


@dataclass(frozen=True, kw_only=True)
class Blur(Transform):
    """Gaussian blur with the value as standard deviation; the last pixels go on beyond the ends."""

    name: str = "blur"
    unit: str = "pixels"
    values: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
    allowed: tuple[float, float] = (0.0, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        radius = int(_REACH * value + 0.5)
        if radius == 0:
            return images.clone()
        place = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
        kernel = torch.softmax(-0.5 * (place / value) ** 2, 0)
        channels = images.shape[1]
        padded = F.pad(images, (radius, radius, radius, radius), mode="replicate")
        down = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
        across = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
        return F.conv2d(F.conv2d(padded, down, groups=channels), across, groups=channels)


BLUR = Blur()
