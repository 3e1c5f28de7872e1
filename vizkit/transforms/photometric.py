"""Changes of each pixel's light and color; none moves, and what leaves [0, 1] is clipped."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.luminance import BT_601
from vizkit.transforms.definition import Transform


@dataclass(frozen=True, kw_only=True)
class Brightness(Transform):
    """Adds the value to every pixel."""

    name: str = "brightness"
    unit: str = "of full range"
    values: tuple[float, ...] = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
    allowed: tuple[float, float] = (-1.0, 1.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return (images + value).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Contrast(Transform):
    """Multiplies the distance of every pixel from the image's mean luminance."""

    name: str = "contrast"
    unit: str = "times"
    identity: float = 1.0
    values: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
    allowed: tuple[float, float] = (0.0, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        mean = _luminance(images).mean((1, 2, 3), keepdim=True)
        return torch.lerp(mean.expand_as(images), images, value).clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class Gamma(Transform):
    """Raises every pixel to the power of the value; above 1 the middle tones get darker."""

    name: str = "gamma"
    unit: str = "exponent"
    identity: float = 1.0
    values: tuple[float, ...] = (0.4, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5)
    allowed: tuple[float, float] = (0.01, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return images.clamp(0, 1) ** value


class _ColorTransform(Transform):
    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:  # noqa: ARG002
        if shape[0] != 3:
            raise UsageError(
                f"{self.name} needs color: these images have {shape[0]} channels.\n"
                "  Give RGB images, or sweep brightness, contrast or gamma."
            )


@dataclass(frozen=True, kw_only=True)
class Hue(_ColorTransform):
    """Turns every pixel's hue in HSV by degrees: red at 0, green at 120, blue at 240.

    Saturation and value stay, so that grays do not change.
    """

    name: str = "hue"
    unit: str = "degrees"
    values: tuple[float, ...] = tuple(map(float, range(0, 360, 30)))
    period: float | None = 360.0

    def _apply(self, images: Tensor, value: float) -> Tensor:
        if value % 360 == 0:
            return images.clone()
        top, low = images.amax(1), images.amin(1)
        # Sextants of the color circle; a channel's brightness falls from `top` to `low` and rises
        # again with the distance of the hue from its own.
        turned = (_sextant(images, top, low) + value / 60) % 6
        own = torch.tensor([5.0, 3.0, 1.0], dtype=images.dtype, device=images.device)
        place = (turned[:, None] + own.view(1, 3, 1, 1)) % 6
        share = torch.minimum(place, 4 - place).clamp(0, 1)
        return top[:, None] - (top - low)[:, None] * share


@dataclass(frozen=True, kw_only=True)
class Saturation(_ColorTransform):
    """Multiplies the distance of every pixel from its own gray; 0 leaves luminance alone."""

    name: str = "saturation"
    unit: str = "times"
    identity: float = 1.0
    values: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
    allowed: tuple[float, float] = (0.0, 100.0)

    def _apply(self, images: Tensor, value: float) -> Tensor:
        return torch.lerp(_luminance(images).expand_as(images), images, value).clamp(0, 1)


BRIGHTNESS = Brightness()
CONTRAST = Contrast()
GAMMA = Gamma()
HUE = Hue()
SATURATION = Saturation()


def _luminance(images: Tensor) -> Tensor:
    """Brightness of each pixel, B 1 H W: that of RGB, else the mean over channels."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    weights = torch.tensor(BT_601, dtype=images.dtype, device=images.device)
    return (images * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def _sextant(images: Tensor, top: Tensor, low: Tensor) -> Tensor:
    """Hue of each pixel from -1 to 5, in sextants; 0 for grays."""
    red, green, blue = images.unbind(1)
    spread = (top - low).masked_fill(top == low, 1)
    from_red, from_green = (green - blue) / spread, (blue - red) / spread + 2
    from_blue = (red - green) / spread + 4
    return torch.where(top == red, from_red, torch.where(top == green, from_green, from_blue))
