"""A gray square that slides over an image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.transforms.definition import Transform
from vizkit.transforms.warp import on_gray

_SIDE = 0.25


@dataclass(frozen=True, kw_only=True)
class Occlusion(Transform):
    """Covers a square a quarter of the shorter side wide, whose middle is at the value.

    0 and 1 are the ends of the image; at the identity the square has not come in yet. A pixel that
    it covers in part is mixed with gray.

    Attributes
    ----------
    axis : along which it slides, 0 down and 1 right.
    across : middle of the square on the other axis, from 0 to 1.
    """

    unit: str = "of the side"
    identity: float = -_SIDE / 2
    values: tuple[float, ...] = tuple(step / 8 for step in range(-1, 10))
    allowed: tuple[float, float] = (-_SIDE / 2, 1 + _SIDE / 2)
    axis: int
    across: float = 0.5

    def _apply(self, images: Tensor, value: float) -> Tensor:
        places = (value, self.across) if self.axis == 0 else (self.across, value)
        height, width = images.shape[2:]
        side = _SIDE * min(height, width)
        rows, columns = (
            _covered(length, place, side, images)
            for length, place in zip((height, width), places, strict=True)
        )
        return on_gray(images, 1 - rows[:, None] * columns)


OCCLUSION_Y = Occlusion(name="occlusion_y", axis=0)
OCCLUSION_X = Occlusion(name="occlusion_x", axis=1)


def _covered(length: int, place: float, side: float, like: Tensor) -> Tensor:
    """Share of each of `length` pixels that a bar of `side` with its middle at `place` covers."""
    left = torch.arange(length, dtype=like.dtype, device=like.device)
    start, stop = place * length - side / 2, place * length + side / 2
    return ((left + 1).clamp(max=stop) - left.clamp(min=start)).clamp(0, 1)
