"""A folder of photographs, decoded one by one; what is no picture is named and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from vizkit.errors import UsageError

if TYPE_CHECKING:
    from vizkit.networks.network import Network


class PhotoFolder:
    """The pictures of one folder as a network expects them, in the order of their names.

    Iterating gives images, 1 C H W in [0, 1], and keeps none of them. Hidden files and folders
    within the folder are not looked at.

    Attributes
    ----------
    path : the folder.
    files : all files in it.
    skipped : (name, reason) of the files that could not be read, as far as iterating has come.

    Parameters
    ----------
    read : from a file to an image, 1 C H W; by default as the network expects it. What it cannot
        read it must refuse with a `UsageError`.

    Raises
    ------
    UsageError : `path` is no folder or holds no file; on iterating, none of them is a picture.
    """

    def __init__(
        self,
        network: Network,
        path: str | Path,
        read: Callable[[Path], Tensor] | None = None,
    ) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise UsageError(
                f"{str(path)!r} is not a folder.\n  Give a folder with PNG or JPEG files."
            )
        self.files = tuple(
            sorted(
                each
                for each in self.path.iterdir()
                if each.is_file() and not each.name.startswith(".")
            )
        )
        if not self.files:
            raise UsageError(
                f"{str(path)!r} holds no files.\n  Give a folder with PNG or JPEG files."
            )
        self.skipped: tuple[tuple[str, str], ...] = ()
        self._read = read or network.prepare

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[Tensor]:
        self.skipped = ()
        for file in self.files:
            try:
                image = self._read(file)
            except UsageError as error:
                reason = str(error).split("\n")[0]
                self.skipped += ((file.name, reason),)
                continue
            yield image
        if len(self.skipped) == len(self.files):
            raise UsageError(
                f"none of the {len(self.files)} files in {str(self.path)!r} is a picture. The "
                f"first: {self.skipped[0][1]}\n  Give a folder with PNG or JPEG files."
            )
