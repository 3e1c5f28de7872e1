"""Images of any source, batch by batch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.image_set import ImageSet
from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sources import ImageSource, image_set, is_stream
from vizkit.images.tensor import TensorImages


class ImageBatches(Iterator[Tensor]):
    """One walk through images in batches of at most `size`: B C H W, float32 on `device`.

    Raises
    ------
    UsageError : no set or folder of this name. On iterating: a tensor that the network cannot take,
        images of several sizes, or none at all.
    """

    def __init__(
        self,
        images: ImageSource,
        preprocessing: Preprocessing,
        size: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self._images: Iterable[Tensor] = (
            images if is_stream(images) else image_set(images, preprocessing, device=device)
        )
        self._batches = self._stacked(preprocessing, size, device)

    @property
    def count(self) -> float:
        """Number of images; infinite for a stream, of which nobody knows."""
        return len(self._images) if isinstance(self._images, ImageSet) else math.inf

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """(name, reason) of the images that could not be read so far."""
        return self._images.skipped if isinstance(self._images, ImageSet) else ()

    def __next__(self) -> Tensor:
        return next(self._batches)

    def _stacked(
        self, preprocessing: Preprocessing, size: int, device: torch.device | str
    ) -> Iterator[Tensor]:
        waiting: list[Tensor] = []
        shape: tuple[int, ...] | None = None
        for given in self._images:
            one = TensorImages(given[None] if given.ndim == 3 else given, preprocessing)
            checked = one.to(device).tensor()
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
