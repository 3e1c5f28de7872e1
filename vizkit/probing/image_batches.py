"""Images of any source, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.folder import PhotoFolder
from vizkit.images.views import view_images
from vizkit.networks.network import Network

ImageSource = Tensor | str | Path | PhotoFolder | Iterable[Tensor]
"""B C H W in [0, 1], the name of a set (``"photographs"``, ``"noise"``), a folder, or tensors."""


def opened(network: Network, images: ImageSource) -> Tensor | Iterable[Tensor]:
    """`images` with names and folders looked up; nothing of a folder is read yet.

    Raises
    ------
    UsageError : no set or folder of this name.
    """
    if isinstance(images, str) and Path(images).is_dir():
        images = Path(images)
    if isinstance(images, Path):
        return PhotoFolder(network, images)
    return view_images(network, images) if isinstance(images, str) else images


def image_batches(
    network: Network, images: Tensor | Iterable[Tensor], size: int
) -> Iterator[Tensor]:
    """Batches of at most `size` images, B C H W, float32 on the network's device.

    Raises
    ------
    UsageError : a tensor that `network` cannot take, images of several sizes, or none at all.
    """
    waiting: list[Tensor] = []
    shape: tuple[int, ...] | None = None
    source = (images,) if isinstance(images, Tensor) else images
    for given in source:
        checked = view_images(network, given[None] if given.ndim == 3 else given)
        if shape not in (None, tuple(checked.shape[1:])):
            raise UsageError(
                f"an image of shape {tuple(checked.shape[1:])} came after one of {shape}.\n"
                "  Give images of one size."
            )
        shape = tuple(checked.shape[1:])
        waiting += checked.unbind()
        while len(waiting) >= size:
            yield torch.stack(waiting[:size])
            del waiting[:size]
    if waiting:
        yield torch.stack(waiting)
    if shape is None:
        raise UsageError("there are no images.\n  Give at least one.")
