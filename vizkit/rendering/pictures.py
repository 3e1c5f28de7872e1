"""Pictures of a job and what was measured of them, attempt after attempt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from vizkit.rendering.measure import FLAT, luminance_deviation


@dataclass(slots=True)
class Pictures:
    """One entry per unit of a job.

    Attributes
    ----------
    images : float32, B C H W in [0, 1], on the CPU.
    initial, final, peak : as in `vizkit.Render`, B, on the CPU.
    driven : response, after optimization, of the units that are to respond, B, on the CPU.
    weak : whether another unit of the layer responds to the picture many times as much, B.
    attempts : how many were made.
    alpha : of transparent pictures, B H W in [0, 1], on the CPU.
    """

    images: Tensor
    initial: Tensor
    final: Tensor
    peak: Tensor
    driven: Tensor
    weak: Tensor
    attempts: list[int]
    alpha: Tensor | None = None

    def silent(self) -> list[int]:
        """Pictures whose units do not respond, whatever other terms say, and flat ones."""
        flat = luminance_deviation(self.images) < FLAT
        return ((self.driven == 0) | flat).nonzero().flatten().tolist()

    def improve(self, units: Sequence[int], other: Pictures) -> None:
        """Take over those of a further attempt at `units` that came out better."""
        for place, unit in enumerate(units):
            self.attempts[unit] += 1
            # A rescue begins with more contrast: a picture is not better for showing some.
            if other._merit(place) > self._merit(unit):
                for name in ("images", "final", "peak", "driven", "weak"):
                    getattr(self, name)[unit] = getattr(other, name)[place]
                if self.alpha is not None and other.alpha is not None:
                    self.alpha[unit] = other.alpha[place]

    def _merit(self, place: int) -> tuple[bool, float]:
        """First that units respond, then how much all terms do."""
        return bool(self.driven[place] > 0), float(self.final[place])

    def error(self, place: int, dtype: str) -> str | None:
        """Why the unit at `place` has no result after computing in `dtype`, or None."""
        initial, final = float(self.initial[place]), float(self.final[place])
        if not (math.isfinite(initial) and math.isfinite(final)):
            return (
                f"the response is not finite ({initial} before, {final} after): weights or "
                f"activations overflow in {dtype}"
            )
        if not bool(self.images[place].isfinite().all()):
            return "the picture is not finite: its gradient overflowed"
        return None
