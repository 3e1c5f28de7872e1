"""Photographs that installed packages bring along, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from torch import Tensor

from vizkit.images.views import PHOTOGRAPHS, fitted, photograph

if TYPE_CHECKING:
    from vizkit.networks.network import Network

_SCIKIT_LEARN = ("china", "flower")


class Photographs:
    """Photographs of scikit-image, and of scikit-learn where that is installed.

    Iterating gives images, 1 C H W in [0, 1] on the network's device, and keeps none of them.

    Attributes
    ----------
    names : of the photographs, in their order; ten with scikit-learn.
    size : (height, width) of the images in pixels.

    Parameters
    ----------
    size : what each photograph is enlarged to cover and cropped to, by default the network's own.
        Crop shifts need their margin on top of that.
    """

    def __init__(self, network: Network, size: tuple[int, int] | None = None) -> None:
        self.names = PHOTOGRAPHS + (_SCIKIT_LEARN if find_spec("sklearn") else ())
        self.size = size or network.input_size
        self._network = network

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Tensor]:
        for name in self.names:
            if name in _SCIKIT_LEARN:
                from sklearn.datasets import load_sample_image

                photo = load_sample_image(f"{name}.jpg")
            else:
                photo = photograph(name)
            yield fitted(self._network, photo, self.size)
