"""Sets of photographs, each resized and cropped to what a network expects."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from torch import Tensor

from vizkit.images.framing import Framing, framing
from vizkit.images.image_set import ImageSet
from vizkit.images.photo import open_photo, read_photo

if TYPE_CHECKING:
    from PIL import Image

    from vizkit.images.photo import Photo


class PhotoSet(ImageSet):
    """Images made of photographs; a set of your own says with `_photo` which."""

    @abstractmethod
    def _photo(self, number: int) -> Photo:
        """Photograph `number`, from 0 to the length less 1."""

    def _read(self, number: int) -> Tensor:
        return read_photo(self._photo(number), self.preprocessing)

    def original(self, number: int) -> tuple[Image.Image, Framing]:
        """The photograph in its own pixels, upright, and how the image was cut from it."""
        picture = open_photo(self._photo(number))
        return picture, framing((picture.height, picture.width), self.preprocessing)
