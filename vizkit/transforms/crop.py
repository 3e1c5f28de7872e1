"""Crop shifts: two windows onto one larger image, the only shift without anything invented."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.transforms.definition import Size
from vizkit.transforms.translation import Translation


@dataclass(frozen=True, kw_only=True)
class Crop(Translation):
    """What the window in the middle shows when it moves so that its picture shifts by the value.

    The result is smaller than the image by the largest value on every side: with the 16 pixels set
    here, 256 x 256 becomes 224 x 224. Whole pixels only, moved exactly.
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

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True: every pixel is one of the larger image."""
        return True

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:  # noqa: ARG002
        height, width = shape[-2:]
        if min(height, width) <= 2 * self.margin:
            raise UsageError(
                f"{self.name} needs {self.margin} pixels around its window; an image of "
                f"{height} x {width} leaves none.\n  Give images of more than {2 * self.margin} "
                "pixels per side."
            )


CROP_Y = Crop(name="crop_y", direction=(1, 0))
CROP_X = Crop(name="crop_x", direction=(0, 1))
