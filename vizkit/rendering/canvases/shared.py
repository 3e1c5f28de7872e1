"""A Fourier canvas whose pictures share what is coarse, for series of one unit that are aligned.

What is the same in two pictures of a unit then lies in the same place, and what is left differs
(Mordvintsev, Pezzotti, Schubert, Olah: Differentiable Image Parameterizations, Distill 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.rendering.canvases.fourier import FourierCanvas
from vizkit.rendering.ranges import check_range


class SharedCanvas(FourierCanvas):
    """Spectra of the pictures of a batch, each its own part and the coarse one of all.

    Parameters
    ----------
    channels, size, generators, device, contrast, exponent : as of ``fourier``.
    finest : cycles per picture up to which frequencies are shared, from 0 to 1000.
    """

    coupled: ClassVar[bool] = True

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
        finest: float = 8.0,
        exponent: float = 1.0,
    ) -> None:
        check_range("shared", finest, 0, 1000)
        super().__init__(channels, size, generators, device, contrast, exponent)
        self._finest = finest

    @cached_property
    def _coarse(self) -> Tensor:
        """1 for the frequencies that are shared, else 0; H x W//2+1 x 1."""
        height, width = self.painted
        vertical = torch.fft.fftfreq(height, 1 / height, device="cpu")[:, None]
        horizontal = torch.fft.rfftfreq(width, 1 / width, device="cpu")[None]
        coarse = torch.sqrt(vertical**2 + horizontal**2) <= self._finest
        return coarse.to(self.parameters.device, torch.float32)[..., None]

    def spectra(self) -> Tensor:
        """Each picture's own parameters, and the sum of all pictures' coarse ones."""
        return self.parameters + self._coarse * self.parameters.sum(0, keepdim=True)


CANVAS = SharedCanvas
