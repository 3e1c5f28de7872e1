"""Shifts: within the frame, of a window onto a larger image, and around a circle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform


@dataclass(frozen=True, kw_only=True)
class _Shift(Transform):
    unit: str = "pixels"
    values: tuple[float, ...] = tuple(map(float, range(-16, 17, 2)))
    moves: ClassVar[bool] = True

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True for whole pixels."""
        return float(value).is_integer()


@dataclass(frozen=True, kw_only=True)
class Translation(_Shift):
    """Shift by (dy, dx) = value * `direction`, positive down and right, in pixels.

    What leaves the frame is lost, what comes in is gray. Whole pixels are moved exactly. Fractions
    are bilinear: the mean of the two nearest whole shifts, which costs contrast at high frequencies
    (see `floor`).
    """

    direction: tuple[int, int]

    def _apply(self, images: Tensor, value: float) -> Tensor:
        dy, dx = (value * step for step in self.direction)
        return shifted(images, dy, dx, GRAY)

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


@dataclass(frozen=True, kw_only=True)
class Crop(Translation):
    """What the window in the middle shows when it moves so that its picture shifts by the value.

    The result is smaller than the image by the largest value on every side: with the 16 pixels set
    here, 256 x 256 becomes 224 x 224. Whole pixels only, moved exactly: the only shift with nothing
    invented.
    """

    allowed: tuple[float, float] = (-16.0, 16.0)
    whole: bool = True

    @property
    def margin(self) -> int:
        """Pixels between the middle window and the end of the image, on every side."""
        return int(self.allowed[1])

    def _apply(self, images: Tensor, value: float) -> Tensor:
        height, width = images.shape[2:]
        top, left = (self.margin - int(value) * step for step in self.direction)
        rows = slice(top, top + height - 2 * self.margin)
        return images[:, :, rows, left : left + width - 2 * self.margin].contiguous()

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:  # noqa: ARG002
        height, width = shape[-2:]
        if min(height, width) <= 2 * self.margin:
            raise UsageError(
                f"{self.name} needs {self.margin} pixels around its window; an image of "
                f"{height} x {width} leaves none.\n  Give images of more than {2 * self.margin} "
                "pixels per side."
            )


@dataclass(frozen=True, kw_only=True)
class Circular(_Shift):
    """Circular shift by the value in pixels, positive down or right.

    Whole pixels are moved exactly. Fractions turn the phases of the image's Fourier series, exact
    for whatever a sum of waves below half a cycle per pixel can be; near sharp edges the result
    rings and may leave [0, 1] a little. Circular shifts form a group and lose nothing, which is
    what a proof needs; but a photograph gets a seam that no camera makes, so that claims about
    photographs are better made with `Crop`.

    Attributes
    ----------
    axis : 0 for down, 1 for right.
    """

    axis: int

    def _apply(self, images: Tensor, value: float) -> Tensor:
        dim = 2 + self.axis
        if value.is_integer():
            return images.roll(int(value), dim)
        side = images.shape[dim]
        cycles = torch.fft.rfftfreq(side, dtype=images.dtype, device=images.device)
        phases = torch.polar(torch.ones_like(cycles), -2 * torch.pi * value * cycles)
        spectrum = torch.fft.rfft(images, dim=dim)
        spectrum *= phases[:, None] if dim == 2 else phases
        moved: Tensor = torch.fft.irfft(spectrum, side, dim=dim)
        return moved


TRANSLATION = Translation(name="translation", direction=(1, 1))
"""Down and right along the diagonal."""
SHIFT_Y = Translation(name="shift_y", direction=(1, 0))
SHIFT_X = Translation(name="shift_x", direction=(0, 1))
CROP_Y = Crop(name="crop_y", direction=(1, 0))
CROP_X = Crop(name="crop_x", direction=(0, 1))
CIRCULAR_Y = Circular(name="circular_y", axis=0)
CIRCULAR_X = Circular(name="circular_x", axis=1)


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
