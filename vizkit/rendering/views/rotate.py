"""Turns about the middle of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vizkit.rendering.ranges import check_range
from vizkit.rendering.view import Pose, View


@dataclass(frozen=True, slots=True)
class Rotate(View):
    """Turns of up to `degrees` in each direction, 0 to 180."""

    degrees: float = 10.0
    numbers: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range("rotate", self.degrees, 0, 180)

    def pose(self, draws: Tensor) -> Pose:
        return Pose(angle=draws[..., 0] * math.radians(self.degrees))


VIEW = Rotate
