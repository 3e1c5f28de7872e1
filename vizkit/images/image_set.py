"""A set of images: what an experiment shows a network, by name, by digest and by number."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vizkit.images.framing import Framing, framing
from vizkit.images.picture import as_picture
from vizkit.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from PIL import Image


class ImageSet(ABC):
    """Images in a fixed order, made for one preprocessing, of which only one is in memory.

    Name and digest say in a record what was shown, and the number of an image finds it again. A set
    of your own has a name, `__len__` and `_read`; registered in `vizkit.images.SETS` it can be
    asked for like those of vizkit.

    Attributes
    ----------
    name : what the set is called.
    preprocessing : of the network that is to see the images; gives their channels and size.
    device : where images are put.
    skipped : (name, reason) of images that cannot be read, as far as iterating has come.

    Examples
    --------
    >>> import vizkit
    >>> images = vizkit.load("lenet5").images("digits")
    >>> images
    DigitImages('digits', 40 images, 1 x 32 x 32)
    >>> images[3].shape, len(images.digest)
    (torch.Size([1, 1, 32, 32]), 64)
    """

    name: str
    device = torch.device("cpu")
    skipped: tuple[tuple[str, str], ...] = ()

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _read(self, number: int) -> Tensor:
        """Image `number`, from 0 to the length less 1: float32, 1 C H W in [0, 1].

        Raises
        ------
        UsageError : it cannot be read.
        """

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images in pixels."""
        return self.preprocessing.input_size

    @cached_property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of what is shown; here of all pixels."""
        digest = hashlib.sha256()
        for image in self:
            digest.update(str(tuple(image.shape)).encode())
            digest.update(image.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def __getitem__(self, number: int) -> Tensor:
        if not -len(self) <= number < len(self):
            raise IndexError(f"image {number} of {self!r}: numbers go from 0 to {len(self) - 1}.")
        return self._read(number % len(self)).to(self.device)

    def title(self, number: int) -> str:
        """What image `number` is called: its file where it has one, else its number."""
        return str(number)

    def original(self, number: int) -> tuple[Image.Image, Framing]:
        """Image `number` in the pixels that it was made of, and how it was cut from them.

        Here the image itself; sets of photographs give the photograph.

        Raises
        ------
        UsageError : it cannot be read.
        """
        picture = as_picture(self[number].clamp(0, 1))
        height, width = picture.height, picture.width
        return picture, framing((height, width), replace(self.preprocessing, resize=None))

    def numbered(self) -> Iterator[tuple[int, Tensor]]:
        """Images that can be read, each with its number, for records of which image it was."""
        return ((number, self[number]) for number in range(len(self)))

    def __iter__(self) -> Iterator[Tensor]:
        return map(itemgetter(1), self.numbered())

    def tensor(self) -> Tensor:
        """All images that can be read at once, B C H W."""
        return torch.cat(list(self))

    def to(self, device: torch.device | str) -> ImageSet:
        """The same set with its images on `device`."""
        moved = copy(self)
        moved.device = torch.device(device)
        return moved

    def __repr__(self) -> str:
        shape = " x ".join(map(str, (self.preprocessing.channels, *self.size)))
        return f"{type(self).__name__}({self.name!r}, {len(self)} images, {shape})"
