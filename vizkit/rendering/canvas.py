"""What a canvas is: parameters that gradient ascent moves, and the images that they stand for.

A canvas is one class in one file of ``vizkit/rendering/canvases/``, or registered in `CANVASES`.
Numbers of its own follow the parameters below, and are written behind its name: ``fourier(1.5)``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.rendering.registries import CANVASES
from vizkit.rendering.written_calls import parse_call


class Canvas(ABC):
    """Parameters of a batch of images.

    Parameters
    ----------
    channels : image channels.
    size : (height, width) in pixels.
    generators : one CPU generator per image; an image must depend on its own one alone.
    device : where the images are painted.
    contrast : factor on the deviation of the start.

    Attributes
    ----------
    parameters : float32, the images along the first axis; a leaf that needs a gradient. They begin
        with noise.
    coupled : True where an image depends on the others of its batch, as only pictures of one
        objective may.
    step : natural step of Adam in these parameters, a factor on the recipe's learning rate.
    deviation : of the noise.
    """

    coupled: ClassVar[bool] = False
    step: ClassVar[float] = 1.0
    deviation: ClassVar[float]
    parameters: Tensor

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
        contrast: float = 1.0,
    ) -> None:
        self.channels, self.size = channels, size
        shape = self.shape(channels)
        noise = torch.stack([self.start(shape, each) for each in generators])
        self.parameters = (noise * contrast).to(device).requires_grad_()

    def start(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Parameters of one image at the start; by default normal noise of `deviation`."""
        noise = torch.randn(shape, generator=generator, device="cpu", dtype=torch.float32)
        return noise * self.deviation

    def shape(self, channels: int) -> tuple[int, ...]:
        """Shape of the parameters of one image; by default that of the image itself."""
        return channels, *self.size

    @abstractmethod
    def images(self) -> Tensor:
        """The images, float32, B C H W in [0, 1]; differentiable in `parameters`.

        On a GPU recorded once and replayed: must not wait for the device, and does the same in
        every step.
        """


def canvas_maker(text: str) -> Callable[..., Canvas]:
    """What makes the canvas that ``"pixel"`` or ``"fourier(1.5)"`` names, with its numbers.

    Raises
    ------
    NotFoundError : there is no canvas of this name.
    UsageError : text of another form, or numbers that the canvas does not take.
    """
    call = parse_call(text)
    if call is None:
        raise UsageError(f"{text!r} is no canvas.\n  Write for example fourier(1.5).")
    name, arguments = call
    make = CANVASES[name]
    try:
        numbers = [float(argument) for argument in arguments]
        made = partial(_with_numbers, make, numbers)
        made(1, (8, 8), [torch.Generator()], torch.device("cpu"))
    except (TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{text!r} does not have the numbers of {name!r}: {error}") from None
    return made


def is_coupled(text: str | None) -> bool:
    """Whether the canvas that `text` names paints pictures which depend on each other."""
    call = parse_call(text or "")
    return call is not None and CANVASES[call[0]].coupled


def check_coupled(text: str | None, pictures: int, *, alike: bool) -> None:
    """Accept a canvas for pictures in one batch, `alike` where they are of one objective.

    Raises
    ------
    UsageError : the canvas paints pictures that depend on each other, and these are not.
    """
    if not is_coupled(text) or (alike and pictures > 1):
        return
    raise UsageError(
        f"the canvas {text!r} is for several pictures of one unit, which share a part.\n"
        "  Ask for them: vizkit.render(network, 'conv4_3:12', count=4, recipe=...)."
    )


def _with_numbers(
    make: Callable[..., Canvas],
    numbers: Sequence[float],
    channels: int,
    size: tuple[int, int],
    generators: Sequence[torch.Generator],
    device: torch.device,
    contrast: float = 1.0,
) -> Canvas:
    return make(channels, size, generators, device, contrast, *numbers)
