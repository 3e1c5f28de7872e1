"""What canvases that are painted as spectra have in common: from a spectrum to an image."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from vizkit.rendering.canvas import Canvas
from vizkit.rendering.color import color_axes


class SpectralCanvas(Canvas):
    """A canvas whose images are spectra along the axes in which natural colors vary."""

    @property
    def painted(self) -> tuple[int, int]:
        """(height, width) of what is painted.

        Up to a multiple of 8, of which the images are a part: no vector of the processor then holds
        pixels of two images, and an image is the same bit for bit at every place in the batch.
        """
        return -(-self.size[0] // 8) * 8, -(-self.size[1] // 8) * 8

    @cached_property
    def colors(self) -> Tensor:
        """Channels x axes: the color of each axis."""
        return color_axes(self.channels).to(self.parameters.device)

    def transform(self, spectrum: Tensor) -> Tensor:
        """Images before their sigmoid, B C H W, of half spectra, complex, B C H W//2+1."""
        planes = torch.fft.irfft2(spectrum, s=self.painted)
        # Written out, not as a matrix product: a product may round differently with the batch.
        colored = sum(
            self.colors[:, axis].view(1, -1, 1, 1) * planes[:, axis : axis + 1]
            for axis in range(planes.shape[1])
        )
        assert isinstance(colored, Tensor)
        return colored

    def shown(self, colored: Tensor) -> Tensor:
        """Images in (0, 1), of their size, of what `transform` gives."""
        return torch.sigmoid(colored)[..., : self.size[0], : self.size[1]]
