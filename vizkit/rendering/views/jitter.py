"""Shifts of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vizkit.rendering.ranges import check_range
from vizkit.rendering.view import Pose, View


@dataclass(frozen=True, slots=True)
class Jitter(View):
    """Shifts of up to `pixels` along each axis and direction, 0 to 4096."""

    pixels: float = 8.0
    numbers: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_range("jitter", self.pixels, 0, 4096)

    def pose(self, draws: Tensor) -> Pose:
        return Pose(shift=draws * self.pixels)


VIEW = Jitter
