"""Zooms about the middle of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.ranges import check_range
from vizkit.rendering.view import Pose, View


@dataclass(frozen=True, slots=True)
class Scale(View):
    """Zooms by up to `share`, 0 to 10; 0.1 draws between 1/1.1 and 1.1."""

    share: float = 0.1
    numbers: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range("scale", self.share, 0, 10)

    def pose(self, draws: Tensor) -> Pose:
        return Pose(zoom=torch.exp(draws[..., 0] * math.log1p(self.share)))


VIEW = Scale
