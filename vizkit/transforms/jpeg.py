"""JPEG compression."""

from __future__ import annotations

import io
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.transforms.definition import Transform


@dataclass(frozen=True, kw_only=True)
class Jpeg(Transform):
    """Rounds to 8 bits, compresses by Pillow at the value's quality, and decodes.

    100 stands for no compression at all. One image after the other, on the CPU; no gradients.
    """

    name: str = "jpeg"
    unit: str = "quality"
    identity: float = 100.0
    values: tuple[float, ...] = (5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 90.0, 95.0, 100.0)
    allowed: tuple[float, float] = (1.0, 100.0)
    whole: bool = True

    def _apply(self, images: Tensor, value: float) -> Tensor:
        if value == self.identity:
            return images.clone()
        return torch.stack([_compressed(image, int(value)) for image in images.detach()])

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:  # noqa: ARG002
        if shape[0] not in (1, 3):
            raise UsageError(
                f"jpeg knows gray and RGB images: these have {shape[0]} channels.\n"
                "  Give 1 or 3 channels."
            )


JPEG = Jpeg()


def _compressed(image: Tensor, quality: int) -> Tensor:
    from PIL import Image

    from vizkit.images.picture import as_picture

    file = io.BytesIO()
    as_picture(image.clamp(0, 1)).save(file, "JPEG", quality=quality)
    with Image.open(file) as decoded:
        pixels = torch.frombuffer(bytearray(decoded.tobytes()), dtype=torch.uint8)
    channels, height, width = image.shape
    return pixels.view(height, width, channels).permute(2, 0, 1).to(image) / 255
