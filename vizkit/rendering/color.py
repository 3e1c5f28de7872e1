"""Color decorrelation: the canvas is painted along the axes in which natural colors vary."""

from __future__ import annotations

import torch
from torch import Tensor

_COLOR_SPREAD = (
    (0.26, 0.09, 0.02),
    (0.27, 0.00, -0.05),
    (0.27, -0.09, 0.03),
)
"""Square root of the covariance of ImageNet's colors, rows R, G, B; columns luminance, blue-yellow,
green-magenta (Olah, Mordvintsev, Schubert: Feature Visualization, Distill 2017)."""


def color_axes(channels: int) -> Tensor:
    """Matrix from decorrelated to image channels, float32, channels x channels.

    Its longest column has length 1, so a step along luminance moves all colors by a known amount.
    Only three channels have known color statistics; any other number gets the identity.

    Examples
    --------
    >>> color_axes(1).tolist()
    [[1.0]]
    """
    if channels != 3:
        return torch.eye(channels, device="cpu", dtype=torch.float32)
    spread = torch.tensor(_COLOR_SPREAD, device="cpu", dtype=torch.float32)
    axes: Tensor = spread / spread.norm(dim=0).max()
    return axes
