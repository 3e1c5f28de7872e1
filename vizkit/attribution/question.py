"""What a method is asked: a unit's response as a function of one image."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One image, and the function of it that is explained.

    Attributes
    ----------
    target : module from images, B C H W in [0, 1], to the unit's response, B.
    layer : module in `target` whose channels or map are asked for; None where no layer is.
    channels : whether the channels of `layer` are asked for, not the pixels.
    image, baseline : 1 C H W.
    steps : points on the way from the baseline to the image.
    batch : images that are passed at once.
    window : (height, width) of what is hidden at once.
    pixels : H x W, 1 where the unit can see and 0 elsewhere.
    """

    target: nn.Module
    layer: nn.Module | None
    channels: bool
    image: Tensor
    baseline: Tensor
    steps: int
    batch: int
    window: tuple[int, int]
    pixels: Tensor
