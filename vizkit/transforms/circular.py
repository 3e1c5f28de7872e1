"""Circular shifts: what leaves at one end comes in at the other.

They form a group and lose nothing, which is what a proof needs. A photograph gets a seam that no
camera makes, so that claims about photographs are better made with `Crop`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.transforms.definition import Size, Transform


@dataclass(frozen=True, kw_only=True)
class Circular(Transform):
    """Circular shift by the value in pixels, positive down or right.

    Whole pixels are moved exactly. Fractions turn the phases of the image's Fourier series, exact
    for whatever a sum of waves below half a cycle per pixel can be; near sharp edges the result
    rings and may leave [0, 1] a little.

    Attributes
    ----------
    axis : 0 for down, 1 for right.
    """

    unit: str = "pixels"
    values: tuple[float, ...] = tuple(map(float, range(-16, 17, 2)))
    axis: int

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True for whole pixels."""
        return float(value).is_integer()

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return _rolled(images, value, 2 + self.axis)

    def _act(
        self, maps: Tensor, value: float, stride: tuple[int, int], interpolate: bool
    ) -> Tensor | None:
        shift = value / stride[self.axis]
        if not (interpolate or shift.is_integer()):
            return None
        return _rolled(maps, shift, 2 + self.axis)


CIRCULAR_Y = Circular(name="circular_y", axis=0)
CIRCULAR_X = Circular(name="circular_x", axis=1)


def _rolled(images: Tensor, shift: float, dim: int) -> Tensor:
    if shift.is_integer():
        return images.roll(int(shift), dim)
    side = images.shape[dim]
    cycles = torch.fft.rfftfreq(side, dtype=images.dtype, device=images.device)
    phases = torch.polar(torch.ones_like(cycles), -2 * torch.pi * shift * cycles)
    spectrum = torch.fft.rfft(images, dim=dim)
    spectrum *= phases[:, None] if dim == 2 else phases
    moved: Tensor = torch.fft.irfft(spectrum, side, dim=dim)
    return moved
