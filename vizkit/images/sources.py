"""What callers give for images: the name of a set, a folder, a tensor, a set, or a stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

import torch
from torch import Tensor

from vizkit.errors import UsageError, nearest
from vizkit.images.folder import PhotoFolder
from vizkit.images.image_set import ImageSet
from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sets import SETS
from vizkit.images.tensor import TensorImages

ImageSource: TypeAlias = Tensor | str | Path | ImageSet | Iterable[Tensor]
"""B C H W in [0, 1], the name of a set (one of `SETS`), a folder, a set of images, or a stream of
tensors, of which no more than a few are kept."""


def is_stream(images: ImageSource | Iterable[Any]) -> TypeGuard[Iterable[Any]]:
    """Whether images come one after the other, so that nobody knows how many there are."""
    return not isinstance(images, Tensor | str | Path | ImageSet)


def image_set(
    images: ImageSource,
    preprocessing: Preprocessing,
    size: tuple[int, int] | None = None,
    device: torch.device | str = "cpu",
) -> ImageSet:
    """Set of the images that a caller gave, for a network with this preprocessing.

    Parameters
    ----------
    images : see `ImageSource`; no stream. The name of a set wins over a folder that is called so;
        give that one as a `Path`.
    size : (height, width) of the images; by default the network's own. Photographs are enlarged to
        cover it, tensors and sets must have it.
    device : where images are put.

    Raises
    ------
    UsageError : another name, no folder, a stream, a tensor or set of another form or size.

    Examples
    --------
    >>> gray = Preprocessing((0.5,), (0.25,), (32, 32))
    >>> image_set("noise", gray, (16, 20))
    NoiseImages('noise', 8 images, 1 x 16 x 20)
    >>> image_set(torch.zeros(5, 1, 9, 9), gray)
    TensorImages('tensor', 5 images, 1 x 9 x 9)
    """
    chosen = _named(images, preprocessing, size)
    if chosen.preprocessing.channels != preprocessing.channels:
        raise UsageError(
            f"{chosen!r} is not for a network of {preprocessing.channels} input channels.\n"
            "  Make the set for this network."
        )
    if size not in (None, chosen.size):
        raise UsageError(
            f"input_size={size} was given for images of {chosen.size}.\n"
            "  Leave it away, or resize the images."
        )
    return chosen.to(device)


def _named(
    images: ImageSource, preprocessing: Preprocessing, size: tuple[int, int] | None
) -> ImageSet:
    if isinstance(images, ImageSet):
        return images
    if isinstance(images, Tensor):
        return TensorImages(images, preprocessing)
    if not isinstance(images, str | Path):
        raise UsageError(
            f"a {type(images).__name__} was given where images are asked for by number.\n"
            "  Give a tensor, a folder or the name of a set."
        )
    if isinstance(images, str) and images in SETS:
        return SETS[images](_covering(preprocessing, size or preprocessing.input_size))
    if isinstance(images, Path) or Path(images).is_dir():
        return PhotoFolder(images, _covering(preprocessing, size) if size else preprocessing)
    hint = nearest(images, SETS) or f"Sets: {', '.join(SETS)}."
    raise UsageError(
        f"images={images!r} is no set of images. {hint}\n  Or give a folder or a tensor."
    )


def _covering(preprocessing: Preprocessing, size: tuple[int, int]) -> Preprocessing:
    """Preprocessing to `size`, of as much of a photograph as fits, whatever the network's crop."""
    resize = preprocessing.resize if size == preprocessing.input_size else None
    return replace(preprocessing, input_size=size, resize=resize or min(size))
