"""The extent of a unit's field, measured on the unmodified network with NaN half-planes.

NaN passes through every convolution, pooling and ReLU that reads it, whatever the weights. So a
unit turns NaN exactly when the rows that are NaN reach into its field, and a bisection over the
edge of a NaN half-plane finds each side of the field. No rule about any operation is needed, which
makes this an oracle for everything that calculates receptive fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.capture import capture
from vizkit.errors import RenderError
from vizkit.models.network import Network


@dataclass(frozen=True, slots=True)
class Extent:
    """The field of one unit within the network's input.

    Attributes
    ----------
    box : [y0, x0, y1, x1] in input pixels, inclusive, clipped to the input.
    input_size : (height, width) that it was measured at.
    """

    box: tuple[int, int, int, int]
    input_size: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the box in input pixels."""
        y0, x0, y1, x1 = self.box
        return y1 - y0 + 1, x1 - x0 + 1

    @property
    def covers(self) -> bool:
        """True when the field reaches a border of the input, so that it may be larger."""
        y0, x0, y1, x1 = self.box
        height, width = self.input_size
        return y0 == 0 or x0 == 0 or y1 == height - 1 or x1 == width - 1


def measure_extent(
    network: Network,
    layer: str,
    position: tuple[int, int] | None = None,
    *,
    input_size: tuple[int, int] | None = None,
) -> Extent:
    """Extent of a unit of `layer`, by default the one in the middle of the map.

    Parameters
    ----------
    layer : module path or alias.
    position : (y, x) in the layer's map for this input.
    input_size : (height, width) to measure at; by default the network's own. A field that does not
        reach the border of a smaller input has the same size in a larger one.

    Raises
    ------
    RenderError : an operation of the network swallows NaN, so its field cannot be seen this way.
    """
    info = network.layer(layer)
    size = input_size or network.preprocessing.input_size
    if not info.spatial:
        return Extent((0, 0, size[0] - 1, size[1] - 1), size)
    shape = (1, network.preprocessing.channels, *size)
    image = torch.full(shape, 0.5, device=network.device, dtype=torch.float32)
    with torch.no_grad(), capture(network, [info.name]) as activations:

        def reached(images: Tensor) -> list[bool]:
            # In float32: kernels in bfloat16 read a pixel too many and weigh it with 0, which NaN
            # survives.
            network(images)
            maps = activations[info.name]
            y, x = position or (maps.shape[-2] // 2, maps.shape[-1] // 2)
            return [bool(each) for each in maps[:, :, y, x].isnan().any(1)]

        if not reached(torch.full_like(image, torch.nan))[0]:
            raise RenderError(
                f"{network.name}/{info.name} swallows NaN: its field cannot be measured this way."
            )
        top, bottom = _margins(reached, image, 2, ((1,), (1,)))
        # Most fields are square: two looks confirm it, and a bisection finds any other.
        left, right = _margins(reached, image, 3, ((top, top + 1), (bottom, bottom + 1)))
    return Extent((top, left, size[0] - 1 - bottom, size[1] - 1 - right), size)


def _margins(
    reached: Callable[[Tensor], list[bool]],
    image: Tensor,
    axis: int,
    guesses: tuple[tuple[int, ...], tuple[int, ...]],
) -> tuple[int, int]:
    """Lines before the field and lines behind it, along `axis` of `image`.

    Parameters
    ----------
    guesses : for each end, numbers of lines to try before bisecting.
    """
    length = image.shape[axis]
    # So many NaN lines from the end leave the unit finite, and so many reach it.
    low, high = [0, 0], [length, length]
    tries = [list(each) for each in guesses]
    while still := [end for end in (0, 1) if high[end] - low[end] > 1]:
        images, lines = [], []
        for end in still:
            tries[end] = [each for each in tries[end] if low[end] < each < high[end]]
            count = tries[end].pop(0) if tries[end] else (low[end] + high[end]) // 2
            half = image.clone()
            half.narrow(axis, 0 if end == 0 else length - count, count).fill_(torch.nan)
            images.append(half)
            lines.append(count)
        for end, count, hit in zip(still, lines, reached(torch.cat(images)), strict=True):
            (high if hit else low)[end] = count
    return low[0], low[1]
