"""A volume of activations: height, width and depth."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass

from vizkit.arithmetic.formula import Formula
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
    def of(cls, given: AnyVolume) -> Volume:
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
    def sides(self) -> list[int]:
        """[height, width, depth]."""
        return list(astuple(self))

    @property
    def activations(self) -> int:
        """Number of values."""
        return self.height * self.width * self.depth

    def product(self, symbols: str) -> Formula:
        """Number of values, computed; `symbols` stand for the three sides: ``"H1*W1*D1"``."""
        numbers = f"({self.height}*{self.width}*{self.depth})"
        return Formula(f"({symbols})", numbers, self.activations)

    @property
    def memory(self) -> int:
        """Bytes that the values take at 4 bytes each."""
        return BYTES * self.activations

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.depth}"


AnyVolume = Volume | str | tuple[int, int, int]
"""A volume, or what spells one."""
