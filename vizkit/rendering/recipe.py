"""The recipe of a rendering: every number that decides what the picture looks like."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vizkit.errors import UsageError
from vizkit.rendering.length import in_pixels
from vizkit.rendering.ranges import check_range
from vizkit.rendering.registries import CANVASES

DTYPES = ("auto", "float32", "bfloat16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyperparameters of a rendering; what is None is chosen for the kind of unit.

    `vizkit.rendering.defaults` has the choices, and a `Render` says what its picture was made with.
    Lengths are pixels, ``8``, or shares of the canvas's shorter side, ``"5%"``.

    Attributes
    ----------
    steps : optimization steps.
    learning_rate : Adam's step, in units of the spectrum.
    pad : width of the gray frame that the network sees around the canvas of a channel, so that a
        cut-out of its input has surroundings. None around a canvas of the input's size, which in
        small networks silences units; neurons and logits get none either, as it would move the
        neuron's field, or the input off its one size.
    views : random changes of what the network sees in each step, by name and strength, as in
        ``"rotate(10), jitter(5%)"``; any in ``vizkit/rendering/views`` or registered. The geometric
        ones are resampled once.
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

    steps: int | None = None
    learning_rate: float = 0.1
    pad: float | str = 4
    views: str | None = None
    wake_steps: int = 16
    rescues: int = 3
    canvas: str | None = None
    alpha: bool = False
    regularizers: str = ""
    dtype: str = "auto"

    def __post_init__(self) -> None:
        ranges = {
            "steps": (1, 100_000),
            "learning_rate": (1e-9, 100),
            "wake_steps": (0, 100_000),
            "rescues": (0, 10),
        }
        given = {name: value for name, value in self.as_dict().items() if value is not None}
        for name in ranges.keys() & given.keys():
            check_range(name, given[name], *ranges[name])
        for name in {"steps", "wake_steps", "rescues"} & given.keys():
            if not isinstance(given[name], int):
                raise UsageError(f"{name}={given[name]!r} is not a whole number.")
        for name in {"views", "canvas", "regularizers"} & given.keys():
            if not isinstance(given[name], str):
                raise UsageError(f"{name}={given[name]!r} is not a text.")
        check_range("pad", in_pixels(self.pad, (100, 100)), 0, 4096)
        if not isinstance(self.alpha, bool):
            raise UsageError(f"alpha={self.alpha!r} is neither True nor False.")
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype={self.dtype!r} is not known.\n  Allowed: {', '.join(DTYPES)}.")
        if self.canvas is not None:
            CANVASES.require(self.canvas.partition("(")[0].strip())

    def as_dict(self) -> dict[str, Any]:
        """The recipe as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRecipe(Recipe):
    """A recipe in which nothing is left to choose."""

    steps: int
    views: str
    canvas: str
