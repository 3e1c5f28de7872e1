"""Charts: coordinates in which an image is a point on a sphere about gray.

All images of a chart have the contrast of the one that it was made for. In pixels the geometry is
that of Berkes and Wiskott (Neural Computation 18, 2006). In the spectrum, frequencies are weighted
as in natural images, and fine ones less, so that the steepest way is one that the eye sees.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.errors import NotFoundError, nearest
from vizkit.images.gray import GRAY
from vizkit.rendering.canvases.fourier import spectrum_weight
from vizkit.rendering.color import color_axes

_COARSE = 0.15
"""Cycles per pixel beyond which the weight of a frequency falls off faster than in natural images:
what is finer drives many units and shows the eye nothing but noise."""
_FAINTEST = 1e-3
_END = 1e-3
"""Nearest that a value may be to black or white, where the logit has no bound."""


class PixelChart:
    """Coordinates of images, B C H W: pixels about gray, clipped to [0, 1].

    Parameters
    ----------
    image : C H W.

    Attributes
    ----------
    start : coordinates of the image that the chart was made for, C H W.
    """

    def __init__(self, image: Tensor) -> None:
        self.start = image - GRAY

    def images(self, points: Tensor) -> Tensor:
        """Images in [0, 1] of `points`; differentiable."""
        return (GRAY + points).clamp(0, 1)

    def visible(self, points: Tensor) -> Tensor:
        """Linear map to images about gray, in which angles are measured: the points themselves."""
        return points


class SpectrumChart:
    """Colors and frequencies weighted as in natural images, before a sigmoid.

    Parameters
    ----------
    image : C H W.
    """

    def __init__(self, image: Tensor) -> None:
        self._canvas = (image.shape[1], image.shape[2])
        self._weight = _spectrum(self._canvas).to(image.device)
        self._colors = color_axes(len(image)).to(image.device)
        colored = torch.logit(image[None].clamp(_END, 1 - _END))
        self._contrast = colored.norm()
        planes = torch.einsum("ij,bjhw->bihw", self._colors.inverse(), colored)
        self.start = self._filtered(planes, 1 / self._weight)[0]

    def images(self, points: Tensor) -> Tensor:
        """Images of `points`, whatever their distance from gray."""
        colored = self.visible(points)
        size = colored.square().sum((1, 2, 3), keepdim=True).sqrt()
        return torch.sigmoid(colored * (self._contrast / size))

    def visible(self, points: Tensor) -> Tensor:
        """Images before the sigmoid."""
        planes = self._filtered(points, self._weight)
        return torch.einsum("ij,bjhw->bihw", self._colors, planes)

    def _filtered(self, planes: Tensor, gain: Tensor) -> Tensor:
        filtered: Tensor = torch.fft.irfft2(torch.fft.rfft2(planes) * gain, s=self._canvas)
        return filtered


def _spectrum(canvas: tuple[int, int]) -> Tensor:
    """Weights of the frequencies, at most 1."""
    weight = spectrum_weight(*canvas)
    vertical = torch.fft.fftfreq(canvas[0], device="cpu")[:, None]
    horizontal = torch.fft.rfftfreq(canvas[1], device="cpu")[None]
    fine = torch.exp(-(vertical**2 + horizontal**2) / (2 * _COARSE**2)).clamp(min=_FAINTEST)
    return weight / weight.max() * fine


Chart = PixelChart | SpectrumChart
CHARTS: dict[str, type[Chart]] = {"spectrum": SpectrumChart, "pixels": PixelChart}


def check_chart(name: str) -> None:
    """Refuse a name that is none of a chart.

    Raises
    ------
    NotFoundError : so it is.
    """
    if name not in CHARTS:
        raise NotFoundError(
            f"coordinates={name!r} are not known. {nearest(name, CHARTS)}\n"
            f"  There are: {', '.join(CHARTS)}."
        )
