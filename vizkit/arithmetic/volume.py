"""A volume of activations: height, width and depth."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vizkit.errors import UsageError

BYTES = 4
"""Bytes of one activation or parameter: float32."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A block of activations, or an image with its colors as depth.

    Examples
    --------
    >>> volume = Volume.of("55x55x96")
    >>> volume.activations, volume.memory
    (290400, 1161600)
    """

    height: int
    width: int
    depth: int

    @classmethod
    def of(cls, given: Volume | str | tuple[int, int, int]) -> Volume:
        """Volume that `given` spells, ``"227x227x3"`` or ``(227, 227, 3)``.

        Raises
        ------
        UsageError : not three whole numbers above zero.
        """
        if isinstance(given, Volume):
            return given
        sides: list[int] = []
        if isinstance(given, str):
            if re.fullmatch(r"\s*\d+\s*(x\s*\d+\s*){2}", given, re.IGNORECASE | re.ASCII):
                sides = [int(side) for side in given.lower().split("x")]
        elif all(isinstance(side, int) for side in given):
            sides = list(given)
        if len(sides) != 3 or min(sides) < 1:
            raise UsageError(
                f"{given!r} is not a volume.\n  Write height x width x depth, like 227x227x3."
            )
        return cls(*sides)

    @property
    def activations(self) -> int:
        """Number of values."""
        return self.height * self.width * self.depth

    @property
    def memory(self) -> int:
        """Bytes that the values take at 4 bytes each."""
        return BYTES * self.activations

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.depth}"
