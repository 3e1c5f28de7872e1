"""The corridor: magnitudes may leave the natural spectrum, but by no more than a given factor.

One knob from the fixed magnitudes of ``maco`` to those of a free spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.canvases.maco import MacoCanvas, polar
from vizkit.rendering.ranges import check_range


class CorridorCanvas(MacoCanvas):
    """Phases and logarithms of magnitudes of a batch of images.

    The contrast of an image is that of ``maco``: what one frequency gains, others lose.

    Parameters
    ----------
    channels, size, generators, device, contrast : as of every canvas.
    width : largest distance of a magnitude from the natural one, as a natural logarithm, from 0
        (as ``maco``) to 20 (as good as free); 1 is a factor of 2.7 up or down.

    Attributes
    ----------
    parameters : B 2 C H W//2+1, log-magnitudes and phases. They begin as ``maco``.
    """

    step: ClassVar[float] = 1.0

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
        width: float = 1.0,
    ) -> None:
        check_range("corridor", width, 0, 20)
        super().__init__(channels, size, generators, device, contrast)
        self._half = width / 2

    def shape(self, channels: int) -> tuple[int, ...]:
        """Shape of log-magnitudes and phases of one image."""
        return 2, *super().shape(channels)

    def start(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Natural magnitudes and even phases."""
        phases = super().start(shape[1:], generator)
        return torch.stack([torch.zeros_like(phases), phases])

    def images(self) -> Tensor:
        """The images, float32, B C H W in (0, 1); differentiable in `parameters`."""
        logarithms, phases = self.parameters.unbind(1)
        # Half of the width for the shape of the spectrum: to bring all of it back to the contrast
        # takes at most the other half.
        if self._half:
            logarithms = self._half * torch.tanh(logarithms / self._half)
        else:
            logarithms = logarithms * 0
        spectrum = polar(self.magnitudes * logarithms.exp(), phases)
        gain = (self._natural_energy / self._energy(spectrum)).sqrt()
        return self.shown(self.transform(spectrum * gain.view(-1, 1, 1, 1)))

    @cached_property
    def _natural_energy(self) -> Tensor:
        natural = self.magnitudes.expand(1, self.channels, -1, -1)
        return self._energy(polar(natural, torch.zeros_like(natural)))

    def _energy(self, spectrum: Tensor) -> Tensor:
        """Sum of squares of the images of half spectra, B, but for a factor."""
        power = spectrum.real.square() + spectrum.imag.square()
        both = 2 * power.sum(dim=(2, 3)) - power[..., 0].sum(dim=2)
        return (both * self.colors.square().sum(0)).sum(1)


CANVAS = CorridorCanvas
