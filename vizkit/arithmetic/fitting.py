"""Padding, "whatever fits": which paddings let the last window end where the input does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from vizkit.arithmetic.convolution import Convolution
from vizkit.arithmetic.layer import Layer
from vizkit.arithmetic.page import fitting_page
from vizkit.arithmetic.pooling import Pooling
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.arithmetic.window import Window
from vizkit.errors import UsageError
from vizkit.result import Result


def paddings_that_fit(
    size: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    *,
    most: int | None = None,
    axis: str = "column",
) -> tuple[Window, ...]:
    """Windows with the paddings that fit exactly along one axis, smallest padding first.

    Both ends get the same padding; only when that never fits, the second one gets one more. Empty
    when nothing fits.

    Parameters
    ----------
    size, kernel, stride, dilation, axis : as for a `Window`.
    most : largest padding at either end; by default one less than the window is long.

    Examples
    --------
    >>> [(w.before, w.after, w.output) for w in paddings_that_fit(7, 3, stride=2)]
    [(0, 0, 3), (1, 1, 4), (2, 2, 5)]
    >>> [(w.before, w.after, w.output) for w in paddings_that_fit(32, 5, stride=2)]
    [(0, 1, 15), (1, 2, 16), (2, 3, 17), (3, 4, 18)]
    """
    extent = dilation * (kernel - 1) + 1
    most = extent - 1 if most is None else most
    for more in (0, 1):
        windows = [
            Window(size, kernel, stride, before, before + more, dilation, axis=axis)
            for before in range(most + 1 - more)
            if size + 2 * before + more >= extent
        ]
        if any(window.fits for window in windows):
            return tuple(window for window in windows if window.fits)
    return ()


@dataclass(frozen=True, slots=True, repr=False)
class Fitting(Result):
    """The paddings with which an operation fits its input; its text is a page.

    Attributes
    ----------
    operation : the operation, without padding.
    input : the volume.
    rows, columns : what fits along the height and along the width.
    unpadded : the operation without padding, whether that fits or not; None when the kernel is
        larger than the input.
    """

    operation: Convolution | Pooling
    input: Volume
    rows: tuple[Window, ...]
    columns: tuple[Window, ...]
    unpadded: Layer | None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """One layer for each padding that fits along both axes."""
        wide = {(window.before, window.after) for window in self.columns}
        ends = [(window.before, window.after) for window in self.rows]
        return tuple(
            replace(self.operation, padding=(end, end)).on(self.input)
            for end in ends
            if end in wide
        )

    def as_dict(self) -> dict[str, Any]:
        """The choices for JSON; a padding is [before, after]."""

        def choices(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
            return [
                {
                    "padding": [window.before, window.after],
                    "output": window.output,
                    "formula": str(window.formula),
                }
                for window in windows
            ]

        return {
            "operation": str(self.operation),
            "input": self.input.sides,
            "rows": choices(self.rows),
            "columns": choices(self.columns),
            "layers": [layer.as_dict() for layer in self.layers],
            "unpadded": None if self.unpadded is None else self.unpadded.as_dict(),
        }

    def __repr__(self) -> str:
        return f"<Fitting of {self.operation} to {self.input}: {len(self.layers)} paddings>"

    def __str__(self) -> str:
        return fitting_page(self)


def fit_padding(operation: Convolution | Pooling, volume: AnyVolume) -> Fitting:
    """Paddings with which `operation` fits `volume`; its own padding does not matter.

    Examples
    --------
    >>> fitting = fit_padding(Convolution(6, 5, stride=3), "32x32x3")
    >>> [(window.before, str(window.formula)) for window in fitting.rows]
    [(0, '(32 - 5 + 2*0)/3 + 1 = 10'), (3, '(32 - 5 + 2*3)/3 + 1 = 12')]
    """
    given = Volume.of(volume)
    plain = replace(operation, padding=0)
    kernel, stride, dilation = plain.pairs
    pooling = isinstance(plain, Pooling)
    rows, columns = (
        paddings_that_fit(size, k, s, d, most=k // 2 if pooling else None, axis=axis)
        for size, k, s, d, axis in zip(
            (given.height, given.width), kernel, stride, dilation, ("row", "column"), strict=True
        )
    )
    try:
        unpadded = plain.on(given)
    except UsageError:
        if not rows or not columns:
            raise
        unpadded = None
    return Fitting(plain, given, rows, columns, unpadded)
