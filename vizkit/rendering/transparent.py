"""Transparent pictures, which show only what matters: colors and how opaque each pixel is.

In every step the picture lies on another random background, and what it gains over the bare one
counts for the share of it that is transparent (after Mordvintsev, Pezzotti, Schubert, Olah:
Differentiable Image Parameterizations, Distill 2018, where the background's own response counts,
too).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.rendering.canvas import Canvas
from vizkit.rendering.canvases.fourier import FourierCanvas
from vizkit.rendering.canvases.maco import MacoCanvas

_BARE = 4
"""Backgrounds by which the response without a picture is measured."""


class Transparent(Canvas):
    """A canvas with an alpha channel; its images are the pictures on neutral gray.

    Parameters
    ----------
    colors : the canvas of the colors; its parameters become part of these.
    generators : one CPU generator per image.

    Attributes
    ----------
    parameters : those of the colors and of alpha, B x N.
    alpha : how opaque the last images are, B 1 H W in (0, 1).
    """

    alpha: Tensor

    def __init__(self, colors: Canvas, generators: Sequence[torch.Generator]) -> None:
        self.channels, self.size = colors.channels, colors.size
        device = colors.parameters.device
        self._colors, self._opacity = colors, _Opacity(1, self.size, generators, device)
        self.step = colors.step  # type: ignore[misc]  # of an instance here
        self._ratio = self._opacity.step / colors.step
        parts = colors.parameters, self._opacity.parameters / self._ratio
        self.parameters = torch.cat([part.detach().flatten(1) for part in parts], 1)
        self.parameters.requires_grad_()
        self._backgrounds = Backgrounds(colors.channels, self.size, generators, device)
        self._bare = torch.zeros(len(generators), device=device)

    def images(self) -> Tensor:
        """The pictures on neutral gray, float32, B C H W in [0, 1]; differentiable."""
        shapes = self._colors.parameters.shape, self._opacity.parameters.shape
        colors, opacity = torch.split(self.parameters, [shape[1:].numel() for shape in shapes], 1)
        self._colors.parameters = colors.view(shapes[0])
        self._opacity.parameters = (opacity * self._ratio).view(shapes[1])
        self.alpha = self._opacity.images()
        return GRAY + self.alpha * (self._colors.images() - GRAY)

    def on_background(self, images: Tensor, step: int | Tensor) -> Tensor:
        """What a step shows: the pictures that `images` last gave, on that step's background."""
        return images + (1 - self.alpha) * (self._backgrounds.at(step) - GRAY)

    def compare_with_bare(self, score: Callable[[Tensor, Tensor, int], Tensor], steps: int) -> None:
        """Measure what backgrounds are worth without any picture.

        Parameters
        ----------
        score : scores, B, of pictures, of what is shown of them, in a step.
        steps : how many there are.
        """
        with torch.no_grad():
            bare = [self._backgrounds.at(step) for step in range(min(_BARE, steps))]
            scores = [score(each, each, step) for step, each in enumerate(bare)]
            self._bare = torch.stack(scores).mean(0)

    def worth(self, scores: Tensor) -> Tensor:
        """What is gained over the bare background, times the share that is transparent, B.

        A constant on the scores changes nothing, a factor only the length of the gradient. Where
        the gain grows with the area that is painted, half of it is; where a smaller one does, less.
        A loss counts in full, so that no picture is better for hiding.
        """
        gain = scores - self._bare
        clear = 1 - self.alpha.mean(dim=(1, 2, 3))
        return gain.clamp(max=0) + gain.clamp(min=0) * clear


class _Opacity(FourierCanvas):
    """Alpha: a spectrum with a mean that is free, whatever the colors are painted on.

    Steeper than the colors' and with larger steps: shapes, not their texture, are cut out.
    """

    step: ClassVar[float] = 2.5
    most_contrast: ClassVar[float] = 4.0  # where it is to be all or nothing

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
    ) -> None:
        super().__init__(channels, size, generators, device, exponent=1.5)


class Backgrounds:
    """A natural noise behind each image, another one in every step.

    Each frequency has a phase at the start and turns by an angle of its own from step to step, both
    drawn: phases of any two steps are independent, and no step needs a table of its own.
    """

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
    ) -> None:
        first, turns = (MacoCanvas(channels, size, generators, device) for _ in range(2))
        self._canvas = first
        self._first, self._turns = first.parameters.detach(), turns.parameters.detach()

    def at(self, step: int | Tensor) -> Tensor:
        """Backgrounds of a step, B C H W in (0, 1); a tensor of one number is not waited for."""
        self._canvas.parameters = self._first + self._turns * step
        return self._canvas.images()
