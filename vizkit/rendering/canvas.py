"""What a canvas is: parameters that gradient ascent moves, and the images that they stand for.

A canvas is one class in one file of ``vizkit/rendering/canvases/``, or registered in `CANVASES`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor


class Canvas(ABC):
    """Parameters of a batch of images.

    Parameters
    ----------
    channels : image channels.
    size : (height, width) in pixels.
    generators : one CPU generator per image; an image must depend on its own one alone.
    device : where the images are painted.
    contrast : factor on the deviation of the start.

    Attributes
    ----------
    parameters : float32, the images along the first axis; a leaf that needs a gradient. They begin
        with noise.
    step : natural step of Adam in these parameters, a factor on the recipe's learning rate.
    deviation : of the noise.
    """

    step: ClassVar[float] = 1.0
    deviation: ClassVar[float]
    parameters: Tensor

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
    ) -> None:
        self.size = size
        shape = self.shape(channels)
        noise = torch.stack(
            [torch.randn(shape, generator=g, device="cpu", dtype=torch.float32) for g in generators]
        )
        self.parameters = (noise * self.deviation * contrast).to(device).requires_grad_()

    def shape(self, channels: int) -> tuple[int, ...]:
        """Shape of the parameters of one image; by default that of the image itself."""
        return channels, *self.size

    @abstractmethod
    def images(self) -> Tensor:
        """The images, float32, B C H W in [0, 1]; differentiable in `parameters`.

        On a GPU recorded once and replayed: must not wait for the device, and does the same in
        every step.
        """
