"""Images to look at a network's fields with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vizkit.errors import UsageError, nearest
from vizkit.images.digits import digits
from vizkit.images.noise import noise
from vizkit.images.photo import read_photo

if TYPE_CHECKING:
    from vizkit.images.photo import Photo
    from vizkit.networks.network import Network

PHOTOGRAPHS = ("astronaut", "camera", "chelsea", "coffee", "coins", "grass", "motorcycle", "rocket")
"""Photographs that scikit-image brings along, under their names there."""
_NOISE = 8
_DIGITS = 40
SETS = ("photographs", "digits", "noise")
"""Names of the sets of images that need no files."""

Images = Tensor | str
"""B C H W in [0, 1], or the name of a set: ``"photographs"``, ``"digits"`` or ``"noise"``."""


def view_images(
    network: Network, images: Images = "photographs", input_size: tuple[int, int] | None = None
) -> Tensor:
    """Images for `network`, B C H W in [0, 1], on its device.

    Parameters
    ----------
    images : a tensor as it is, ``"photographs"``, ``"digits"`` (40 handwritten ones that
        `lenet5@digits` was not trained on) or ``"noise"`` (smooth to rough, always the same).
    input_size : (height, width) of the sets; by default the network's own. Photographs are enlarged
        to cover it.

    Raises
    ------
    UsageError : another name, a tensor of another form, or a size for images that have theirs.
    """
    if isinstance(images, Tensor):
        if images.ndim != 4 or images.shape[1] != network.input_channels or not len(images):
            raise UsageError(
                f"images of shape {tuple(images.shape)} are not what {network.name} takes.\n"
                f"  Give B x {network.input_channels} x H x W in [0, 1]."
            )
        if input_size not in (None, tuple(images.shape[2:])):
            raise UsageError(
                f"input_size={input_size} was given for images of {tuple(images.shape[2:])}.\n"
                "  Leave it away, or resize the images."
            )
        return images.detach().to(network.device, torch.float32)
    size = input_size or network.input_size
    if images == "noise":
        generator = torch.Generator().manual_seed(0)
        sets = [noise(network.input_channels, size, generator) for _ in range(_NOISE // 4)]
        return torch.cat(sets).to(network.device, torch.float32)
    if images == "photographs":
        return torch.cat([fitted(network, photograph(name), size) for name in PHOTOGRAPHS])
    if images == "digits":
        written = digits(held_out=True)[0][:_DIGITS].expand(-1, network.input_channels, -1, -1)
        return functional.interpolate(written, size, mode="bilinear").to(network.device)
    hint = nearest(images, SETS) or f"Sets: {', '.join(SETS)}."
    raise UsageError(f"images={images!r} is no set of images. {hint}\n  Or give a tensor.")


def photograph(name: str) -> NDArray[np.uint8]:
    """The photograph of scikit-image called `name`, one of `PHOTOGRAPHS`; H W or H W 3."""
    from skimage import data

    # Not every photograph of scikit-image is in its wheel; these are.
    found = getattr(data, {"motorcycle": "stereo_motorcycle"}.get(name, name))()
    pixels: NDArray[np.uint8] = found[0] if isinstance(found, tuple) else found
    return pixels


def fitted(network: Network, photo: Photo, size: tuple[int, int]) -> Tensor:
    """Image of a photograph for `network`, 1 C H W of `size` (height, width)."""
    own = network.preprocessing
    resize = own.resize if size == own.input_size else None
    # For another size as much of the photograph as fits into it, whatever the network's own crop.
    fitting = replace(own, input_size=size, resize=resize or min(size))
    return read_photo(photo, fitting).to(network.device)
