"""The magnitude-constrained canvas: phases alone are painted, magnitudes are those of nature.

After Fel et al., Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained
Optimization, NeurIPS 2023. The magnitudes here are a formula and no average of photographs: they
depend on the frequency alone and not on its direction. The mean color is gray, as there is no
constant term whose phase could be free. The paper's crops are views, a matter of the recipe and not
of the canvas: they would need one that shows about a quarter of the picture enlarged, each time at
another place, with noise.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.spectral_canvas import SpectralCanvas

_EXPONENT = 1.2
"""Amplitudes of 135 photographs of natural scenes fall as 1 over the frequency to this power in the
mean (Tolhurst, Tadmor, Chao: Amplitude Spectra of Natural Images, Ophthalmic and Physiological
Optics, 1992)."""

_CONTRAST = 1.0
"""Root mean square before the sigmoid, over all pixels and channels. Behind it the deviation of
luminance is 0.2, the mean of our eight photographs."""


class MacoCanvas(SpectralCanvas):
    """Phases of a batch of images, float32, B C H W//2+1; H and W rounded up to a multiple of 8.

    They begin evenly spread in [-pi, pi]; a higher contrast of the start changes nothing of that.
    """

    step: ClassVar[float] = 2.0

    def shape(self, channels: int) -> tuple[int, ...]:
        """Shape of the phases of one image."""
        height, width = self.painted
        return channels, height, width // 2 + 1

    def start(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Phases, each as likely as any other."""
        return (torch.rand(shape, generator=generator, device="cpu") * 2 - 1) * math.pi

    @cached_property
    def magnitudes(self) -> Tensor:
        """Natural magnitude of each frequency, float32, H x W//2+1."""
        natural = natural_magnitudes(*self.painted).to(self.parameters.device)
        return natural * (_CONTRAST / (self.colors.square().sum() / self.channels).sqrt())

    def images(self) -> Tensor:
        """The images, float32, B C H W in (0, 1); differentiable in `parameters`."""
        return self.shown(self.transform(polar(self.magnitudes, self.parameters)))


def natural_magnitudes(height: int, width: int) -> Tensor:
    """Magnitudes of the half spectrum of a natural image of deviation 1, height x width//2+1.

    They fall as 1 over the frequency in cycles per pixel to the power of 1.2, alike in all
    directions, and end at 0.5, beyond which a grid of pixels has diagonals only. The constant term
    is 0.
    """
    vertical = torch.fft.fftfreq(height, device="cpu", dtype=torch.float32)[:, None]
    horizontal = torch.fft.rfftfreq(width, device="cpu", dtype=torch.float32)[None, :]
    frequency = torch.sqrt(vertical**2 + horizontal**2)
    within = (frequency > 0) & (frequency < 0.5)
    magnitudes = torch.where(within, frequency.clamp(min=1e-9) ** -_EXPONENT, 0.0)
    energy = magnitudes.square().sum() * 2 - magnitudes[:, 0].square().sum()
    return magnitudes * (height * width / energy.sqrt())


def polar(magnitudes: Tensor, phases: Tensor) -> Tensor:
    """Half spectrum, complex, of a real image; of what its first column has twice, the upper half.

    Frequencies without a horizontal part come with their opposites in the same column, which would
    otherwise be averaged and have a smaller magnitude, each picture another.
    """
    spectrum = torch.complex(magnitudes * phases.cos(), magnitudes * phases.sin())
    column = spectrum[..., :1]
    opposite = column.conj().flip(-2).roll(1, -2)
    upper = torch.arange(column.shape[-2], device=column.device)[:, None] <= column.shape[-2] // 2
    return torch.cat([torch.where(upper, column, opposite), spectrum[..., 1:]], -1)


CANVAS = MacoCanvas
