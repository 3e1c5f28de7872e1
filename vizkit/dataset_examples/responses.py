"""Responses of units to a set of images, on disk: filled in any order, interrupted, merged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizkit.errors import UsageError
from vizkit.files import replacing

_MAGIC = b"vizkit responses 1\n"
_PENDING, _SEEN, _SKIPPED = 0, 1, 2
_BLOCK = 1 << 22
"""Numbers in memory at once while columns are read: 16 MiB."""


class Responses:
    """Response and position of each unit for each image of a set, in a file of fixed size.

    The file takes 8 bytes for each image and unit, memory takes nothing that grows with the number
    of images. A row depends on its image alone, so the file is the same to the byte in whatever
    order, shards or attempts it was filled.

    Parameters
    ----------
    path : the file; made where there is none.
    about : what the responses are of, as JSON has it: with `images`, their number, and `units`, one
        name for each column.

    Raises
    ------
    UsageError : the file is of something else, or no such file at all.
    """

    def __init__(self, path: str | Path, about: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.about = dict(about)
        self.images = int(about["images"])
        self.units = len(about["units"])
        head = _MAGIC + json.dumps(self.about, sort_keys=True).encode() + b"\n"
        self._states = len(head)
        self._values = self._states + self.images
        self._positions = self._values + 4 * self.images * self.units
        size = self._positions + 4 * self.images * self.units
        if not self.path.exists():
            with replacing(self.path) as part, part.open("wb") as file:
                file.write(head)
                file.truncate(size)
            return
        with self.path.open("rb") as file:
            if file.read(len(head)) != head or self.path.stat().st_size != size:
                raise UsageError(
                    f"{str(self.path)!r} holds no responses of these units to these images.\n"
                    "  Name another file, or ask for the same network, units and images."
                )

    def states(self) -> NDArray[np.uint8]:
        """For each image 0 where it is still to be shown, 1 where it was, 2 where it is broken."""
        with self.path.open("rb") as file:
            file.seek(self._states)
            return np.fromfile(file, np.uint8, self.images)

    @property
    def complete(self) -> bool:
        """Whether no image is still to be shown."""
        return bool((self.states() != _PENDING).all())

    def numbers(self) -> NDArray[np.int64]:
        """Numbers of the images that were shown, ascending; rows of `columns` are in this order."""
        return np.flatnonzero(self.states() == _SEEN)

    def skipped(self) -> NDArray[np.int64]:
        """Numbers of the images that could not be read, ascending."""
        return np.flatnonzero(self.states() == _SKIPPED)

    def write(
        self,
        first: int,
        states: NDArray[np.uint8],
        values: NDArray[np.float32],
        positions: NDArray[np.int32],
    ) -> None:
        """Fill in images from number `first` on.

        Parameters
        ----------
        states : B, 1 where an image was shown and 2 where it could not be read.
        values, positions : B x units; zero where the image could not be read. A position counts
            row by row through the layer's map; -1 where it has none.
        """
        with self.path.open("r+b") as file:
            file.seek(self._values + 4 * first * self.units)
            file.write(np.ascontiguousarray(values, "<f4").tobytes())
            file.seek(self._positions + 4 * first * self.units)
            file.write(np.ascontiguousarray(positions, "<i4").tobytes())
            # Last: what is said to be there is there.
            file.flush()
            file.seek(self._states + first)
            file.write(states.astype(np.uint8).tobytes())

    def merge(self, other: Responses) -> None:
        """Take over what `other`, of the same units and images, has and this one has not.

        Raises
        ------
        UsageError : it is of something else.
        """
        if other.about != self.about:
            raise UsageError(
                f"{str(other.path)!r} and {str(self.path)!r} are not of the same units and "
                "images.\n  Merge shards of one set."
            )
        mine, theirs = self.states(), other.states()
        wanted = (mine == _PENDING) & (theirs != _PENDING)
        rows = max(1, _BLOCK // max(1, self.units))
        for first in range(0, self.images, rows):
            here = np.flatnonzero(wanted[first : first + rows])
            if not len(here):
                continue
            values, positions = other._rows(first, min(rows, self.images - first))
            # Runs of consecutive images, as shards give them.
            for run in np.split(here, np.flatnonzero(np.diff(here) > 1) + 1):
                part = slice(run[0], run[-1] + 1)
                states = theirs[first:][part]
                self.write(first + int(run[0]), states, values[part], positions[part])

    def columns(
        self,
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.int32]]]:
        """Unit by unit: its number, its responses to all images shown, and their positions."""
        numbers = self.numbers()
        together = max(1, _BLOCK // max(1, len(numbers)))
        rows = max(1, _BLOCK // max(1, self.units))
        for begin in range(0, self.units, together):
            part = slice(begin, min(begin + together, self.units))
            width = part.stop - begin
            values = np.empty((width, self.images), np.float32)
            positions = np.empty((width, self.images), np.int32)
            for first in range(0, self.images, rows):
                several = min(rows, self.images - first)
                read = self._rows(first, several)
                values[:, first : first + several] = read[0][:, part].T
                positions[:, first : first + several] = read[1][:, part].T
            for number in range(width):
                yield begin + number, values[number, numbers], positions[number, numbers]

    def _rows(self, first: int, count: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        with self.path.open("rb") as file:
            file.seek(self._values + 4 * first * self.units)
            values = np.fromfile(file, "<f4", count * self.units)
            file.seek(self._positions + 4 * first * self.units)
            positions = np.fromfile(file, "<i4", count * self.units)
        shape = count, self.units
        return values.reshape(shape), positions.reshape(shape)
