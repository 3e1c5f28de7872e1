"""One bilinear resampling of an image through a linear map about its middle."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.images.gray import GRAY

Linear = tuple[tuple[float, float], tuple[float, float]]
"""Rows y, x: from a place in the result, (y, x) from the middle, to the place that is read."""

_RIM = 0.1
"""Share of the radius over which a disc fades to gray; a sharp rim would excite edge detectors."""


def turn(degrees: float) -> Linear:
    """Map of a counter-clockwise turn of the picture."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # With y down, reading along -sine in x turns the picture counter-clockwise.
    return (cosine, sine), (-sine, cosine)


def warp(images: Tensor, linear: Linear, fill: float, *, samples: int = 1) -> Tensor:
    """`images`, B C H W, as read through `linear`; `fill` beyond them.

    Parameters
    ----------
    samples : per side of a pixel of the result, which becomes their mean. A picture that shrinks to
        1 / n needs n, or fine detail would turn into false coarse detail.
    """
    batch, channels, height, width = images.shape
    (yy, yx), (xy, xx) = linear
    # Rows x, y and the frame from -1 to 1, as affine_grid has it.
    rows = [[xx, xy * height / width, 0.0], [yx * width / height, yy, 0.0]]
    theta = torch.tensor(rows, dtype=images.dtype, device=images.device).expand(batch, 2, 3)
    fine = [batch, channels, height * samples, width * samples]
    grid = F.affine_grid(theta, fine, align_corners=False)
    read = F.grid_sample(
        images - fill, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return (F.avg_pool2d(read, samples) if samples > 1 else read) + fill


def disc(size: tuple[int, int], like: Tensor) -> Tensor:
    """The disc inscribed in an image: 1 inside, fading to 0 at its rim; H W.

    It is the same, bit for bit, after a quarter turn and a reflection.
    """
    height, width = size
    y = torch.arange(height, dtype=torch.float64, device=like.device) - (height - 1) / 2
    x = torch.arange(width, dtype=torch.float64, device=like.device) - (width - 1) / 2
    radius = min(size) / 2
    distance = (y[:, None] ** 2 + x[None, :] ** 2).sqrt() / radius
    fade = ((1 - distance) / _RIM).clamp(0, 1)
    return (0.5 - 0.5 * torch.cos(math.pi * fade)).to(like.dtype)


def on_gray(images: Tensor, mask: Tensor) -> Tensor:
    """`images` where `mask` is 1, bit for bit, and gray where it is 0."""
    return torch.lerp(torch.full_like(images, GRAY), images, mask)
