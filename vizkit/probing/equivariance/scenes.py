"""Images larger than what the network sees of them, so that nothing foreign comes in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.folder import PhotoFolder
from vizkit.images.image_set import ImageSet
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.probing.passes import one_image

Size = tuple[int, int]
_ROOM = 0.3
"""Margin of the built-in photographs by the side of the input; turned by any angle, the disc that
is inscribed in them then still covers the input."""


@dataclass(frozen=True, eq=False)
class Scenes:
    """Images, B C H W in [0, 1], and the window in their middle that the network sees.

    Attributes
    ----------
    skipped : (name, reason) of files of a folder that could not be read.
    """

    images: Tensor
    window: Size
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> Size:
        """Height and width of the images."""
        return self.images.shape[2], self.images.shape[3]

    @property
    def margin(self) -> Size:
        """Pixels above and to the left of the window."""
        (height, width), (tall, wide) = self.size, self.window
        return (height - tall) // 2, (width - wide) // 2

    def seen(self, images: Tensor, dy: int = 0, dx: int = 0) -> Tensor:
        """The window of `images`, moved down by `dy` and right by `dx`."""
        (top, left), (tall, wide) = self.margin, self.window
        return images[..., top + dy : top + dy + tall, left + dx : left + dx + wide]

    def has_room(self, dy: int, dx: int) -> bool:
        """Whether the window can be moved so."""
        sides = zip(self.margin, (dy, dx), self.size, self.window, strict=True)
        return all(0 <= start + step <= whole - side for start, step, whole, side in sides)


def network_for(network: Given, images: ImageSource, input_size: Size | None) -> Network:
    """The network; of a bare module one that takes images as these are."""
    shape = None
    if isinstance(images, Tensor) and images.ndim == 4:
        shape = (images.shape[1], *(input_size or (images.shape[2], images.shape[3])))
    return given_network(network, shape)


def scenes_of(
    network: Network, images: ImageSource, input_size: Size | None, *, room: bool
) -> Scenes:
    """Scenes for `network`: a tensor as it is, or photographs with room around the window.

    Raises
    ------
    UsageError : fewer than two images, smaller ones than the window, or a stream of images.
    """
    if not isinstance(images, Tensor | str | Path | ImageSet):
        raise UsageError(
            f"images are {type(images).__name__}: they must all be at hand here.\n"
            "  Give a folder, or one tensor, B x C x H x W in [0, 1]: torch.cat(list(images))."
        )
    if isinstance(images, ImageSet):
        images = images.path if isinstance(images, PhotoFolder) else images.tensor()
    window, whole = input_size or network.input_size, None
    if isinstance(images, str | Path):
        margin = [math.ceil(_ROOM * side) if room else 0 for side in window]
        whole = window[0] + 2 * margin[0], window[1] + 2 * margin[1]
    elif input_size is None and min(images.shape[2:]) < min(window):
        window = (images.shape[2], images.shape[3])
    shown = network.images(images, whole)
    scenes = Scenes(shown.tensor(), window, shown.skipped)
    if len(scenes.images) < 2:
        raise one_image("errors")
    if not scenes.has_room(0, 0):
        raise UsageError(
            f"images of {scenes.size} do not cover a window of {window}.\n"
            "  Give larger images or a smaller input_size."
        )
    return scenes
