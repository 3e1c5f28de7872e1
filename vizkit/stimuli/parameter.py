"""A parameter of a stimulus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizkit.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter of a stimulus can be.

    Attributes
    ----------
    default : its value when none is given.
    unit : what it is measured in.
    values : the sweep to make when none is asked for.
    allowed : lowest and highest value.
    period : after which it begins anew; None where it does not.
    cycles : True if it counts waves per diameter, of which pixels show less than one in two pixels.
    """

    default: float
    unit: str
    values: tuple[float, ...]
    allowed: tuple[float, float] = (-math.inf, math.inf)
    period: float | None = None
    cycles: bool = False

    def shown(self, diameter: float) -> tuple[float, ...]:
        """Those of `values` that a disc of `diameter` pixels can show."""
        return tuple(value for value in self.values if not self._too_fine(value, diameter))

    def checked(
        self, name: str, given: float | Sequence[float] | Tensor | None, diameter: float
    ) -> Tensor:
        """`given` as a tensor of one dimension, float32 on the CPU; the default for None.

        Raises
        ------
        UsageError : a value outside of `allowed` or finer than pixels, or none at all.
        """
        import torch

        if given is None:
            # A default must fit the smallest field: no wave is shorter than 4 pixels.
            given = min(self.default, diameter / 4) if self.cycles else self.default
        values = torch.as_tensor(given, dtype=torch.float32, device="cpu").reshape(-1)
        low, high = self.allowed
        if not len(values):
            raise UsageError(f"{name} has no value.\n  Give a number or several.")
        good = values.isfinite() & (values >= low) & (values <= high)
        if not bool(good.all()):
            wrong = float(values[~good][0])
            allowed = "finite values" if math.isinf(high - low) else f"{low:g} to {high:g}"
            raise UsageError(f"{name}={wrong:g} is not allowed.\n  Give {allowed}, in {self.unit}.")
        finest = float(values.max())
        if self._too_fine(finest, diameter):
            raise UsageError(
                f"{name}={finest:g} is finer than the pixels of a disc of {diameter:g}.\n"
                f"  Give less than {diameter / 2:g} {self.unit}."
            )
        return values

    def _too_fine(self, value: float, diameter: float) -> bool:
        return self.cycles and value >= diameter / 2


def contrast() -> Parameter:
    """How far the pattern leaves gray; 1 is white and black, and negative swaps the two."""
    values = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
    return Parameter(1.0, "of full range", values, (-1.0, 1.0))


def orientation(period: float) -> Parameter:
    """Counter-clockwise angle, 0 to the right."""
    values = tuple(period * step / 24 for step in range(24))
    return Parameter(0.0, "degrees", values, period=period)


def length(default: float, *, most: float = 1.0) -> Parameter:
    """A length as a share of the diameter, from 1/64 up to `most`."""
    values = tuple(default * 2 ** (step / 2) for step in range(-4, 5))
    return Parameter(
        default, "of the diameter", tuple(v for v in values if v <= most), (1 / 64, most)
    )


def frequency(default: float) -> Parameter:
    """Cycles per diameter."""
    values = tuple(default * 2 ** (step / 2) for step in range(-4, 5))
    return Parameter(default, "cycles per diameter", values, (0.0, math.inf), cycles=True)
