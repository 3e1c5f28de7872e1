"""The recipe of a rendering: every number that decides what the picture looks like."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from vizkit.errors import UsageError

DTYPES = ("auto", "float32", "bfloat16")
OBJECTIVES = ("auto", "channel", "neuron")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyperparameters of a rendering; the defaults suit trained networks of any depth.

    Attributes
    ----------
    steps : optimization steps.
    learning_rate : Adam's step, in units of the spectrum.
    pad : pixels of gray frame that the network sees around the canvas of a channel. Neurons and
        logits get none: it would move the neuron's field, or the input off its one size.
    jitter : largest shift in pixels, each axis and direction.
    scale : largest zoom; 0.1 draws between 1/1.1 and 1.1.
    rotate : largest turn in degrees, each direction.
    wake_steps : steps at the start in which a silent unit gets a gradient through its ReLUs.
    rescues : further attempts for a unit that stayed silent.
    objective : ``"channel"`` paints the whole map, ``"neuron"`` one position (the middle one unless
        the address says which), ``"auto"`` what the address says.
    dtype : number format inside the network; ``"auto"`` takes bfloat16 where it is fast.

    Raises
    ------
    UsageError : a number outside its range.
    """

    steps: int = 128
    learning_rate: float = 0.1
    pad: int = 4
    jitter: int = 8
    scale: float = 0.1
    rotate: float = 10.0
    wake_steps: int = 16
    rescues: int = 3
    objective: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        self._check("steps", 1, 100_000)
        self._check("learning_rate", 1e-9, 100)
        self._check("pad", 0, 4096)
        self._check("jitter", 0, 4096)
        self._check("scale", 0, 10)
        self._check("rotate", 0, 180)
        self._check("wake_steps", 0, 100_000)
        self._check("rescues", 0, 10)
        for name in ("steps", "pad", "wake_steps", "rescues"):
            if not isinstance(getattr(self, name), int):
                raise UsageError(f"{name}={getattr(self, name)!r} is not a whole number.")
        for name, allowed in (("objective", OBJECTIVES), ("dtype", DTYPES)):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name}={getattr(self, name)!r} is not known.\n"
                    f"  Allowed: {', '.join(allowed)}."
                )

    def _check(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise UsageError(f"{name}={value!r} is not a number.")
        if not low <= value <= high:
            raise UsageError(f"{name}={value!r} is out of range.\n  Allowed: {low} to {high}.")

    def as_dict(self) -> dict[str, Any]:
        """The recipe as plain data."""
        return asdict(self)
