"""What a view is: a random change of what the network sees of a picture in one step.

A view is one class in one file of ``vizkit/rendering/views/``, or registered in `VIEWS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Pose:
    """How a picture lies in the view; each entry is one number per step and image, or a constant.

    Attributes
    ----------
    angle : counter-clockwise turn, radians.
    zoom : factor by which the picture grows.
    shift : ... x 2, (dy, dx) in pixels of the canvas; positive is down and right.
    """

    angle: Tensor | float = 0.0
    zoom: Tensor | float = 1.0
    shift: Tensor | float = 0.0


class View:
    """A random change; one that moves the picture gives its `pose`, any other one is `apply`.

    Poses of all views of a step are composed and resampled once: every bilinear resampling costs
    contrast at high frequencies.

    Attributes
    ----------
    numbers : how many random numbers it takes per step and image.
    """

    numbers: ClassVar[int] = 0

    def pose(self, draws: Tensor) -> Pose:  # noqa: ARG002
        """How pictures lie for `draws`, ... x numbers, uniform in [-1, 1)."""
        return Pose()

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:  # noqa: ARG002
        """What is seen of `images`, B C H W in [0, 1], for `draws`, B x numbers in [-1, 1).

        On a GPU recorded once and replayed: must not wait for the device, and does the same in
        every step.
        """
        return images
