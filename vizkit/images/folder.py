"""A folder of photographs, decoded one by one; what is no picture is named and left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.photo_set import PhotoSet
from vizkit.images.preprocessing import Preprocessing


class PhotoFolder(PhotoSet):
    """The pictures of one folder as a network expects them, in the order of their names.

    Its length counts all files. Iterating passes over those that are no pictures; asked for by
    number they are refused. Hidden files and folders within the folder are not looked at.

    Attributes
    ----------
    path : the folder.
    files : all files in it.

    Raises
    ------
    UsageError : `path` is no folder or holds no file; on iterating, none of them is a picture.
    """

    def __init__(self, path: str | Path, preprocessing: Preprocessing) -> None:
        self.path = Path(path)
        self.name = self.path.resolve().name
        super().__init__(preprocessing)
        if not self.path.is_dir():
            raise UsageError(
                f"{str(path)!r} is not a folder.\n  Give a folder with PNG or JPEG files."
            )
        self.files = tuple(
            sorted(
                file
                for file in self.path.iterdir()
                if file.is_file() and not file.name.startswith(".")
            )
        )
        if not self.files:
            raise UsageError(
                f"{str(path)!r} holds no files.\n  Give a folder with PNG or JPEG files."
            )

    def __len__(self) -> int:
        return len(self.files)

    def _photo(self, number: int) -> Path:
        return self.files[number]

    def title(self, number: int) -> str:
        """Name of the file."""
        return self.files[number].name

    @cached_property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of the files' names and contents; none is decoded."""
        digest = hashlib.sha256()
        for path in self.files:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{content} {path.name}\n".encode())
        return digest.hexdigest()

    def numbered(self) -> Iterator[tuple[int, Tensor]]:
        """Pictures with their numbers; the files that are none are passed over."""
        self.skipped = ()
        for number, file in enumerate(self.files):
            try:
                image = self[number]
            except UsageError as error:
                self.skipped += ((file.name, str(error).split("\n")[0]),)
                continue
            yield number, image
        if len(self.skipped) == len(self.files):
            raise UsageError(
                f"none of the {len(self.files)} files in {str(self.path)!r} is a picture. The "
                f"first: {self.skipped[0][1]}\n  Give a folder with PNG or JPEG files."
            )
