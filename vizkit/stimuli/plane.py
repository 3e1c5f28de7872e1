"""The plane that stimuli are drawn on, in pixels about the middle of the stimulus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_RIM = 0.2
"""Share of a disc's radius over which stimuli fade to gray; a sharp rim is a stimulus itself."""


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """Places of an image's pixels.

    Attributes
    ----------
    x, up : to the right and up from the middle of the stimulus in pixels, 1 1 W and 1 H 1.
    diameter : of the stimulus, in pixels.
    """

    x: Tensor
    up: Tensor
    diameter: float

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        center: tuple[float, float] | None,
        diameter: float,
        device: torch.device,
    ) -> Plane:
        """Plane of an image of `size` with the stimulus's middle at `center`, (y, x)."""
        import torch

        (height, width) = size
        y, x = center or ((height - 1) / 2, (width - 1) / 2)
        right = torch.arange(width, dtype=torch.float32, device=device) - x
        up = y - torch.arange(height, dtype=torch.float32, device=device)
        return cls(right.view(1, 1, -1), up.view(1, -1, 1), diameter)

    def turned(self, degrees: Tensor) -> Plane:
        """The plane as seen by a stimulus that is turned counter-clockwise, B 1 1."""
        angle = degrees.double().deg2rad()
        cosine, sine = angle.cos().float(), angle.sin().float()
        along = cosine * self.x + sine * self.up
        across = cosine * self.up - sine * self.x
        return Plane(along, across, self.diameter)

    @property
    def distance(self) -> Tensor:
        """From the middle, in pixels."""
        return self.x.hypot(self.up)


def filled(distance: Tensor) -> Tensor:
    """1 inside of a shape, 0 outside, from the signed distance to its edge in pixels.

    The edge is half a cosine two pixels wide: without anything finer than pixels can show, so that
    it looks the same at every orientation and between two pixels.
    """
    return 0.5 - 0.5 * (distance.clamp(-1, 1) * (math.pi / 2)).sin()


def aperture(plane: Plane) -> Tensor:
    """The disc of the plane's diameter: 1 inside, fading to 0 at its rim."""
    fade = ((1 - plane.distance / (plane.diameter / 2)) / _RIM).clamp(0, 1)
    return 0.5 - 0.5 * (math.pi * fade).cos()
