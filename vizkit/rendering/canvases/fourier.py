"""The Fourier canvas: images painted as spectra whose frequencies are equally easy to change.

With a spectrum divided by frequency, as in natural images, gradient ascent is steepest in a metric
in which no frequency is favored; painted as pixels, high frequencies win and the picture turns to
noise (Olah, Mordvintsev, Schubert: Feature Visualization, Distill 2017, "Preconditioning").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.ranges import check_range
from vizkit.rendering.spectral_canvas import SpectralCanvas

_GAIN = 0.25
"""Gain to pixel values; with the deviation of the first spectrum as in Lucid: the start is a nearly
flat gray, and Adam's usual step of 0.05 then moves a pixel by a few percent."""


class FourierCanvas(SpectralCanvas):
    """Spectra of a batch of images, and the images that they stand for.

    Parameters
    ----------
    channels, size, generators, device, contrast : as of every canvas.
    exponent : how steeply amplitudes fall: 1 over the frequency to this power, from 0 to 3. Natural
        images have about 1; with 1.5, pictures are smoother and what is left of them when they
        are blurred or shrunk is more.

    Attributes
    ----------
    parameters : spectra, float32, B C H W//2+1 2 (real, imaginary), with H and W rounded up to
        a multiple of 8.
    """

    deviation: ClassVar[float] = 0.01
    most_contrast: ClassVar[float] = 1.2
    """Largest root mean square before the sigmoid, where a value of 6.2 is clipped in 8 bits."""

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
        exponent: float = 1.0,
    ) -> None:
        check_range("fourier", exponent, 0, 3)
        super().__init__(channels, size, generators, device, contrast)
        self._exponent = exponent

    def shape(self, channels: int) -> tuple[int, ...]:
        """Shape of one spectrum."""
        height, width = self.painted
        return channels, height, width // 2 + 1, 2

    @cached_property
    def _weight(self) -> Tensor:
        weight = spectrum_weight(*self.painted, self._exponent)
        return weight.to(self.parameters.device)[..., None]

    def spectra(self) -> Tensor:
        """Spectra of the images, as `parameters`, before they are weighted."""
        return self.parameters

    def images(self) -> Tensor:
        """The images, float32, B C H W in (0, 1); differentiable in `parameters`."""
        colored = self.transform(torch.view_as_complex(self.spectra() * self._weight))
        return self.shown(limit_contrast(colored, self.most_contrast))


def limit_contrast(colored: Tensor, most: float) -> Tensor:
    """Image before its sigmoid, scaled down where its root mean square is above `most`.

    A unit that a network drives with ever more contrast would else saturate the sigmoid: large
    parts of the picture turn black, white or a pure color, and their gradient vanishes.
    """
    strength = colored.square().mean(dim=(1, 2, 3), keepdim=True).clamp(min=1e-12).sqrt()
    return colored * (most / strength).clamp(max=1)


def spectrum_weight(height: int, width: int, exponent: float = 1.0) -> Tensor:
    """Weight of each frequency of a real transform, float32, height x width//2+1.

    Proportional to 1 over the frequency in cycles per pixel, to the power of `exponent`, with the
    same sum of squares at each; the constant term is treated as the lowest frequency.
    """
    vertical = torch.fft.fftfreq(height, device="cpu", dtype=torch.float32)[:, None]
    horizontal = torch.fft.rfftfreq(width, device="cpu", dtype=torch.float32)[None, :]
    frequency = torch.sqrt(vertical**2 + horizontal**2)
    lowest = 1.0 / max(height, width)
    frequency = frequency.clamp(min=lowest)
    weight: Tensor = _GAIN * (height * width) ** 0.5 / frequency
    if exponent != 1:
        steeper = frequency**-exponent
        weight = steeper * (weight.square().sum() / steeper.square().sum()).sqrt()
    return weight


CANVAS = FourierCanvas
