"""Photographs as a network expects them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.framing import framing
from vizkit.images.picture import as_picture
from vizkit.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from PIL import Image

    Photo: TypeAlias = str | Path | Image.Image | NDArray[Any] | Tensor

MOST_PIXELS = 64_000_000
"""Largest photograph that is decoded; a small file can claim to be far larger."""
_MODES = {1: "L", 3: "RGB"}


def read_photo(photo: Photo, preprocessing: Preprocessing) -> Tensor:
    """Image of a photograph, 1 C H W in [0, 1]: its shorter side resized, its center cropped.

    Transparent parts become white.

    Parameters
    ----------
    photo : path of a file, PIL image, or an array or tensor as `as_picture` takes them.
    preprocessing : of the network that is to see it.

    Raises
    ------
    UsageError : no such file, not a picture, damaged, or larger than `MOST_PIXELS`; or the network
        takes neither gray nor RGB images.
    """
    mode = _MODES.get(preprocessing.channels)
    if mode is None:
        raise UsageError(
            f"A photograph cannot be shown to a network of {preprocessing.channels} input "
            "channels.\n  It must take gray (1) or RGB (3) images."
        )
    image = _fit(open_photo(photo).convert(mode), preprocessing)
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    maps = pixels.view(image.height, image.width, preprocessing.channels).permute(2, 0, 1)
    return (maps.float() / 255).unsqueeze(0)


def open_photo(photo: Photo) -> Image.Image:
    """Picture of a photograph in its own pixels, upright, on white where it is transparent.

    Raises
    ------
    UsageError : as `decode`, or as `as_picture`.
    """
    if isinstance(photo, (str, Path)):
        return decode(Path(photo))
    if isinstance(photo, (np.ndarray, Tensor)):
        return _upright(as_picture(photo))
    return _upright(photo)


def decode(path: Path) -> Image.Image:
    """Picture in a file, turned as the camera was held, on white where it is transparent.

    Raises
    ------
    UsageError : no such file, not a picture, damaged, or larger than `MOST_PIXELS`.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        # Opened by ourselves, so that the content alone decides what kind of file it is.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(file)
            if image.width * image.height > MOST_PIXELS:
                raise UsageError(
                    f"{str(path)!r} has {image.width} x {image.height} pixels.\n"
                    f"  Make it smaller than {MOST_PIXELS:,} pixels."
                )
            if image.mode.startswith("I;16"):
                image = image.point(lambda value: value / 257, "L")
            image.load()
            return _upright(image)
    except FileNotFoundError:
        raise UsageError(
            f"{str(path)!r} does not exist.\n  Give the file of a photograph."
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, UsageError):
            raise
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "its format is not known" if unknown else str(error).rstrip(".")
        raise UsageError(
            f"{str(path)!r} cannot be read as a picture: {reason}.\n  Give a PNG or JPEG file."
        ) from error


def _upright(image: Image.Image) -> Image.Image:
    """A copy turned as the camera was held, on white where it is transparent."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if not upright.has_transparency_data:
        return upright.copy()
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright.convert("RGBA"))


def _fit(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    from PIL import Image

    frame = framing((image.height, image.width), preprocessing)
    (top, left), (high, wide) = frame.start, frame.middle
    image = image.crop((left, top, left + wide, top + high))
    if frame.resized != frame.middle:
        image = image.resize(frame.resized[::-1], Image.Resampling.BILINEAR)
    (top, left), (height, width) = frame.crop, frame.size
    return image.crop((left, top, left + width, top + height))
