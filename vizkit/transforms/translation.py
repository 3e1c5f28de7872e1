"""Shifts within the frame: what leaves is lost, what comes in is gray."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform


@dataclass(frozen=True, kw_only=True)
class Translation(Transform):
    """Shift by (dy, dx) = value * `direction`, positive down and right, in pixels.

    Whole pixels are moved exactly. Fractions are bilinear: the mean of the two nearest whole
    shifts, which costs contrast at high frequencies (see `floor`).
    """

    unit: str = "pixels"
    values: tuple[float, ...] = tuple(map(float, range(-16, 17, 2)))
    direction: tuple[int, int]

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True for whole pixels."""
        return float(value).is_integer()

    def _apply(self, images: Tensor, value: float) -> Tensor:
        dy, dx = (value * step for step in self.direction)
        return shifted(images, dy, dx, GRAY)

    def _act(
        self, maps: Tensor, value: float, stride: tuple[int, int], interpolate: bool
    ) -> Tensor | None:
        dy, dx = (value * step / side for step, side in zip(self.direction, stride, strict=True))
        if not (interpolate or (dy.is_integer() and dx.is_integer())):
            return None
        return shifted(maps, dy, dx, math.nan)

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:
        for step, side, word in zip(self.direction, shape[-2:], ("high", "wide"), strict=True):
            if abs(value * step) >= side:
                raise UsageError(
                    f"{self.name}={value:g} shifts everything out of an image {side} pixels "
                    f"{word}.\n  Give less than {side}."
                )

    def _returns(self, size: Size, value: float) -> Tensor:
        inside = torch.ones(1, 1, *size, dtype=torch.float64)
        dy, dx = (value * step for step in self.direction)
        there = shifted(inside, dy, dx, 0.0)
        return shifted(there, -dy, -dx, 0.0)[0, 0] == 1


TRANSLATION = Translation(name="translation", direction=(1, 1))
"""Down and right along the diagonal."""
SHIFT_Y = Translation(name="shift_y", direction=(1, 0))
SHIFT_X = Translation(name="shift_x", direction=(0, 1))


def shifted(images: Tensor, dy: float, dx: float, fill: float) -> Tensor:
    """`images` moved down by `dy` and right by `dx` pixels, `fill` where nothing came in.

    Examples
    --------
    >>> shifted(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 0, 1, 0.5)
    tensor([[[[0.5000, 1.0000, 2.0000]]]])
    """
    return _along(_along(images, dy, 2, fill), dx, 3, fill)


def _along(images: Tensor, shift: float, dim: int, fill: float) -> Tensor:
    whole = math.floor(shift)
    near = _whole(images, whole, dim, fill)
    if whole == shift:
        return near
    return torch.lerp(near, _whole(images, whole + 1, dim, fill), shift - whole)


def _whole(images: Tensor, shift: int, dim: int, fill: float) -> Tensor:
    side = images.shape[dim]
    # Beyond a whole side everything is fill.
    shift = max(-side, min(side, shift))
    kept = images.narrow(dim, max(0, -shift), side - abs(shift))
    ends = (max(0, shift), max(0, -shift))
    return F.pad(kept, (0, 0, *ends) if dim == 2 else ends, value=fill)
