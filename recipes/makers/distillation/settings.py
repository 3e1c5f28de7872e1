"""How a student is trained."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from vizkit.errors import UsageError

_WHOLE = {
    "images": (1, 10**12),
    "batch": (2, 65_536),
    "size": (8, 1024),
    "warmup": (1, 10**12),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers of a training; the defaults suit two CPU cores.

    Attributes
    ----------
    images : crops to see in all; the learning rate falls to a hundredth of its top until then.
    batch : crops in a step.
    size : side of a crop in pixels, 8 to 1024.
    learning_rate : of AdamW, at its top.
    warmup : crops over which the learning rate rises to its top.
    weight_decay : of AdamW.
    temperature : by which scores are divided before they are compared (Hinton et al., 2015).
    hint : weight of the agreement of the last features (Romero et al., 2015).
    averaging : share of the averaged weights that a step keeps (Polyak averaging).
    seed : of the crops, and of the hint's first weights, 0 to 2**32 - 1.

    Raises
    ------
    UsageError : a number out of its range.
    """

    images: int = 400_000
    batch: int = 64
    size: int = 112
    learning_rate: float = 1e-3
    warmup: int = 6_000
    weight_decay: float = 0.02
    temperature: float = 3.0
    hint: float = 5.0
    averaging: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _WHOLE.items():
            if not least <= getattr(self, name) <= most:
                raise UsageError(
                    f"{name}={getattr(self, name)} is out of range; give {least} to {most}."
                )
        for name in ("learning_rate", "temperature"):
            if not 0 < getattr(self, name) < math.inf:
                raise UsageError(f"{name}={getattr(self, name)} is not positive and finite.")
        for name in ("weight_decay", "hint"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UsageError(f"{name}={getattr(self, name)} is negative or not finite.")
        if not 0 <= self.averaging < 1:
            raise UsageError(f"averaging={self.averaging} is not a share: 0 or more, below 1.")

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def different(self, other: dict[str, Any]) -> list[str]:
        """Settings that `other` has otherwise, e.g. ``["batch 64, not 32"]``."""
        return [
            f"{name} {other.get(name)}, not {value}"
            for name, value in asdict(self).items()
            if other.get(name) != value
        ]
