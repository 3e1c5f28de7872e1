"""The pixel canvas: pixels before a sigmoid, without any preconditioning.

High frequencies win and the picture turns to noise; it shows what the Fourier canvas is for.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.canvas import Canvas


class PixelCanvas(Canvas):
    """Pixels of a batch of images, before their sigmoid: B C H W."""

    step: ClassVar[float] = 0.5
    deviation: ClassVar[float] = 0.05

    def images(self) -> Tensor:
        """The images, float32, B C H W in (0, 1); differentiable in `parameters`."""
        return torch.sigmoid(self.parameters)


CANVAS = PixelCanvas
