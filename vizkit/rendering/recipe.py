"""The recipe of a rendering: every number that decides what the picture looks like."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vizkit.errors import UsageError
from vizkit.rendering.ranges import check_range
from vizkit.rendering.registries import CANVASES

DTYPES = ("auto", "float32", "bfloat16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyperparameters of a rendering; the defaults suit trained networks of any depth.

    Attributes
    ----------
    steps : optimization steps.
    learning_rate : Adam's step, in units of the spectrum.
    pad : pixels of gray frame that the network sees around the canvas of a channel. Neurons and
        logits get none: it would move the neuron's field, or the input off its one size.
    views : random changes of what the network sees in each step, by name and strength; any in
        ``vizkit/rendering/views`` or registered. The geometric ones are resampled once.
    wake_steps : steps at the start in which a silent unit gets a gradient through its ReLUs.
    rescues : further attempts for a unit that stayed silent.
    canvas : what the picture is painted on: ``"pixel"``, ``"fourier"``, ``"fourier(1.5)"`` with its
        exponent, ``"maco"`` with natural magnitudes, ``"corridor(1)"`` that keeps them to a factor.
    alpha : paint transparent pictures, which show only what matters: the response counts for the
        share that is transparent, before another random background in each step.
    regularizers : terms taken off the unit's response, e.g. ``"0.1*tv"``; empty for none.
    dtype : number format inside the network; ``"auto"`` takes bfloat16 where it is fast.

    Raises
    ------
    UsageError : a number outside its range.
    NotFoundError : there is no such canvas.
    """

    steps: int = 128
    learning_rate: float = 0.1
    pad: int = 4
    views: str = "rotate(10), scale(0.1), jitter(8)"
    wake_steps: int = 16
    rescues: int = 3
    canvas: str = "fourier"
    alpha: bool = False
    regularizers: str = ""
    dtype: str = "auto"

    def __post_init__(self) -> None:
        ranges = {
            "steps": (1, 100_000),
            "learning_rate": (1e-9, 100),
            "pad": (0, 4096),
            "wake_steps": (0, 100_000),
            "rescues": (0, 10),
        }
        for name, (low, high) in ranges.items():
            check_range(name, getattr(self, name), low, high)
        for name in ("steps", "pad", "wake_steps", "rescues"):
            if not isinstance(getattr(self, name), int):
                raise UsageError(f"{name}={getattr(self, name)!r} is not a whole number.")
        for name in ("views", "canvas", "regularizers"):
            if not isinstance(getattr(self, name), str):
                raise UsageError(f"{name}={getattr(self, name)!r} is not a text.")
        if not isinstance(self.alpha, bool):
            raise UsageError(f"alpha={self.alpha!r} is neither True nor False.")
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype={self.dtype!r} is not known.\n  Allowed: {', '.join(DTYPES)}.")
        CANVASES.require(self.canvas.partition("(")[0].strip())

    def as_dict(self) -> dict[str, Any]:
        """The recipe as plain data."""
        return asdict(self)
