"""Images of a data set of torchvision, or of any other that is asked for by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.photo_set import PhotoSet
from vizkit.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from vizkit.images.photo import Photo


class Dataset(Protocol):
    """What map-style data sets of PyTorch have."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Any: ...


class DatasetImages(PhotoSet):
    """The photographs of a data set: its items, or the first part of each item that is a tuple.

    Make the data set without a transform: the network's own resizing and cropping is done here, so
    that crops can be taken from the photograph's own pixels.

    Parameters
    ----------
    dataset : e.g. ``torchvision.datasets.ImageFolder(path)``; items are PIL images, or arrays and
        tensors as `vizkit.images.picture.as_picture` takes them, alone or before their labels.
    preprocessing : of the network that is to see the images.
    name : what the set is called; by default the class of `dataset`.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = [(np.full((40, 60, 3), shade), shade) for shade in (0.0, 0.5, 1.0)]
    >>> DatasetImages(pairs, Preprocessing((0.5,) * 3, (0.5,) * 3, (32, 32), resize=32))
    DatasetImages('list', 3 images, 3 x 32 x 32)
    """

    def __init__(self, dataset: Dataset, preprocessing: Preprocessing, name: str = "") -> None:
        super().__init__(preprocessing)
        self.dataset = dataset
        self.name = name or type(dataset).__name__

    def __len__(self) -> int:
        return len(self.dataset)

    def _photo(self, number: int) -> Photo:
        try:
            item = self.dataset[number]
        except OSError as error:
            raise UsageError(
                f"item {number} of {self.name} cannot be read: {error}\n  Leave it out."
            ) from error
        photo: Photo = item[0] if isinstance(item, tuple | list) else item
        return photo

    def numbered(self) -> Iterator[tuple[int, Tensor]]:
        """Images with their numbers; those that cannot be read are passed over and named."""
        self.skipped = ()
        for number in range(len(self)):
            try:
                image = self[number]
            except UsageError as error:
                self.skipped += ((self.title(number), str(error).split("\n")[0]),)
                continue
            yield number, image
