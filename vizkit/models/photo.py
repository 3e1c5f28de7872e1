"""Photographs from files, as a network expects them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.models.preprocessing import Preprocessing

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 100_000_000
"""Largest photograph that is decoded; a small file can claim to be far larger."""
_MODES = {1: "L", 3: "RGB"}


def read_photo(path: str | Path, preprocessing: Preprocessing) -> Tensor:
    """Image of a file, 1 C H W in [0, 1]: its shorter side resized, its center cropped.

    Transparent parts become white.

    Raises
    ------
    UsageError : no such file, not a picture, damaged, or larger than `MOST_PIXELS`; or the network
        takes neither gray nor RGB images.
    """
    mode = _MODES.get(preprocessing.channels)
    if mode is None:
        raise UsageError(
            f"{str(path)!r} cannot be shown to a network of {preprocessing.channels} input "
            "channels.\n  It must take gray (1) or RGB (3) images."
        )
    image = _fit(_decode(Path(path)).convert(mode), preprocessing)
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    maps = pixels.view(image.height, image.width, preprocessing.channels).permute(2, 0, 1)
    return (maps.float() / 255).unsqueeze(0)


def _decode(path: Path) -> Image.Image:
    from PIL import Image, ImageOps

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
            upright = ImageOps.exif_transpose(image)
            if not upright.has_transparency_data:
                return upright.copy()
            white = Image.new("RGBA", upright.size, "white")
            return Image.alpha_composite(white, upright.convert("RGBA"))
    except FileNotFoundError:
        raise UsageError(
            f"{str(path)!r} does not exist.\n  Give the file of a photograph."
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"{str(path)!r} cannot be read as a picture: {error}.\n  Give a PNG or JPEG file."
        ) from error


def _fit(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    from PIL import Image

    height, width = preprocessing.input_size
    if preprocessing.resize is not None or image.width < width or image.height < height:
        shorter = max(preprocessing.resize or 0, 1)
        scale = shorter / min(image.width, image.height)
        scale = max(scale, width / image.width, height / image.height)
        size = (round(image.width * scale), round(image.height * scale))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
