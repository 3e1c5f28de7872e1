"""Images that are all at hand."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.image_set import ImageSet
from vizkit.images.preprocessing import Preprocessing


class TensorImages(ImageSet):
    """The images of a tensor, B C H W in [0, 1].

    Raises
    ------
    UsageError : a tensor of another form, or without images.
    """

    name = "tensor"

    def __init__(self, images: Tensor, preprocessing: Preprocessing) -> None:
        if images.ndim != 4 or images.shape[1] != preprocessing.channels or not len(images):
            raise UsageError(
                f"images of shape {tuple(images.shape)} are not what the network takes.\n"
                f"  Give B x {preprocessing.channels} x H x W in [0, 1]."
            )
        size = (images.shape[2], images.shape[3])
        super().__init__(replace(preprocessing, input_size=size))
        self._images = images.detach()

    def __len__(self) -> int:
        return len(self._images)

    def _read(self, number: int) -> Tensor:
        return self._images[number : number + 1].to(torch.float32)

    def tensor(self) -> Tensor:
        """The tensor that was given, where it need not be moved."""
        return self._images.to(self.device, torch.float32)
