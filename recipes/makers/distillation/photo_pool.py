"""The photographs: those of installed packages, a folder's, and four that training never sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vizkit.errors import UsageError
from vizkit.images.photo import decode
from vizkit.images.sets.photographs import SCIKIT_LEARN, photograph

HELD_OUT = ("chelsea", "coffee", "flower", "rocket")
"""A cat, a cup, a flower and a rocket: scenes that ImageNet has classes for."""

_SCIKIT_IMAGE = (
    *("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "colorwheel", "grass"),
    *("gravel", "hubble_deep_field", "immunohistochemistry", "moon", "motorcycle", "page"),
    *("retina", "rocket"),
)
_SMALLEST, _LONGEST = 64, 1280
_APART = 0.04
"""Thumbnails of two photographs differ by more, of 1; copies of one differ by less than 0.01."""


@dataclass(frozen=True, eq=False, slots=True)
class PhotoPool:
    """Photographs by name, each 3 H W in [0, 1], on the CPU.

    Attributes
    ----------
    training : those that crops to learn from are drawn from.
    held_out : those that only measurements see, `HELD_OUT`.
    skipped : (name, reason) of files that are no photographs of use.
    """

    training: Mapping[str, Tensor]
    held_out: Mapping[str, Tensor]
    skipped: tuple[tuple[str, str], ...] = ()


def photo_pool(folder: str | Path | None = None) -> PhotoPool:
    """Photographs of scikit-image, scikit-learn and matplotlib, and those of `folder`.

    Files are taken in the order of their names, each made at most 1280 pixels long: with its
    pyramid up to 26 MB of memory. What cannot be read, is smaller than 64 pixels or has more than
    64 million is skipped and named, and so is what looks like a photograph of `HELD_OUT`.

    Raises
    ------
    UsageError : `folder` is no folder, or none of its files is a photograph.

    Examples
    --------
    >>> pool = photo_pool()
    >>> sorted(pool.held_out), len(pool.training)
    (['chelsea', 'coffee', 'flower', 'rocket'], 15)
    """
    photos, skipped = read_photos(folder) if folder is not None else ({}, ())
    packaged = {name: _rgb(array) for name, array in _packaged()}
    held_out = {name: packaged.pop(name) for name in HELD_OUT}
    for file in list(photos):
        if twin := next((name for name in HELD_OUT if _alike(photos[file], held_out[name])), None):
            del photos[file]
            skipped += ((file, f"{file!r} looks like {twin!r}, which is held out."),)
    return PhotoPool(packaged | photos, held_out, skipped)


def read_photos(folder: str | Path) -> tuple[dict[str, Tensor], tuple[tuple[str, str], ...]]:
    """Photographs of a folder, each 3 H W in [0, 1], and (name, reason) of files that are none.

    Raises
    ------
    UsageError : `folder` is no folder, or none of its files is a photograph.
    """
    photos: dict[str, Tensor] = {}
    skipped: list[tuple[str, str]] = []
    for path in _files(Path(folder)):
        try:
            photos[f"file {path.name}"] = _read(path)
        except UsageError as error:
            skipped.append((path.name, str(error).split("\n")[0]))
    if not photos:
        raise UsageError(
            f"no file in {str(folder)!r} is a photograph. The first: {skipped[0][1]}"
            "\n  Give a folder with PNG or JPEG files."
        )
    return photos, tuple(skipped)


def _packaged() -> Iterable[tuple[str, np.ndarray]]:
    from matplotlib import cbook
    from PIL import Image

    for name in _SCIKIT_IMAGE + SCIKIT_LEARN:
        yield name, photograph(name)
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        yield "hopper", np.asarray(image)


def _files(folder: Path) -> list[Path]:
    found = []
    if folder.is_dir():
        found = [each for each in folder.iterdir() if each.is_file() and each.name[0] != "."]
    if not found:
        raise UsageError(
            f"{str(folder)!r} is no folder with files.\n  Give a folder with PNG or JPEG files."
        )
    return sorted(found)


def _read(path: Path) -> Tensor:
    image = decode(path).convert("RGB")
    image.thumbnail((_LONGEST, _LONGEST))
    if min(image.size) < _SMALLEST:
        raise UsageError(
            f"{str(path)!r} is smaller than {_SMALLEST} pixels, {_LONGEST} being the longest side."
        )
    return _rgb(np.asarray(image))


def _small(photo: Tensor) -> Tensor:
    return functional.interpolate(photo[None], (12, 12), mode="area")[0]


def _alike(photo: Tensor, other: Tensor) -> bool:
    """Whether two photographs look the same from afar, mirrored or not."""
    small, wanted = _small(photo), _small(other)
    return any(float((each - wanted).abs().mean()) < _APART for each in (small, small.flip(2)))


def _rgb(array: np.ndarray) -> Tensor:
    """3 H W in [0, 1]; gray is repeated, transparency left out."""
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    return torch.tensor(np.ascontiguousarray(array[..., :3])).permute(2, 0, 1).float() / 255
