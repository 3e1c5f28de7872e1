"""The pixel canvas: pixels before a sigmoid, without any preconditioning.

High frequencies win and the picture turns to noise; it shows what the Fourier canvas is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.canvas import Canvas

_START_DEVIATION = 0.05


class PixelCanvas(Canvas):
    """Pixels of a batch of images, before their sigmoid: B C H W."""

    step: ClassVar[float] = 0.5

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
    ) -> None:
        shape = (channels, *size)
        start = torch.stack(
            [torch.randn(shape, generator=each, device="cpu") for each in generators]
        )
        self.parameters = (start * _START_DEVIATION * contrast).to(device).requires_grad_()

    def images(self) -> Tensor:
        """The images, float32, B C H W in (0, 1); differentiable in `parameters`."""
        return torch.sigmoid(self.parameters)


CANVAS = PixelCanvas
