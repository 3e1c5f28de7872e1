"""Pooling: one number for every window, or for every part of the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from vizkit.arithmetic.convolution import options
from vizkit.arithmetic.formula import Formula
from vizkit.arithmetic.layer import Layer, side_formulas
from vizkit.arithmetic.padding import Padding, Pair, by, pair, sides
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.arithmetic.window import Sliding, plural
from vizkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Pooling(Sliding):
    """Maximum, average or any other one number of each window, channel by channel.

    Parameters
    ----------
    kernel : side of the window; one number, or (height, width).
    stride : distance of the windows; by default the kernel, so that they do not overlap.
    padding : at most half of the window.
    dilation : distance from one input of a window to the next.
    ceil : let the last window reach over the end (PyTorch's ``ceil_mode``).

    Examples
    --------
    >>> layer = Pooling(2, stride=2).on("224x224x64")
    >>> print(layer.output, f"{100 * layer.dropped:.0f} %")
    112x112x64 75 %
    >>> print(Pooling(3, stride=2, ceil=True).on("8x8x1").formulas["width"])
    (8 - 3)/2 + 1 = 3.5, ceil 4
    """

    kernel: Pair
    stride: Pair | None = None
    padding: Padding = 0
    dilation: Pair = 1
    ceil: bool = False

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the pooling for the input `volume`.

        Raises
        ------
        UsageError : the window is larger than the padded input, or the padding than half of it.
        """
        given = Volume.of(volume)
        for length, end in zip(self.pairs[0], sides(self.padding, *self.pairs), strict=True):
            if max(end) > length // 2:
                raise UsageError(
                    f"Padding {max(end)} is more than half of a window of {length}.\n"
                    f"  Pad by {length // 2} at most, or take a larger window."
                )
        axes = self.windows(given, ceil=self.ceil)
        output = Volume(axes[0].output, axes[1].output, given.depth)
        connections = axes[0].taps * axes[1].taps * given.depth
        formulas = side_formulas(axes)
        if not any(axis.before or axis.after for axis in axes):
            formulas = {name: _unpadded(formula) for name, formula in formulas.items()}
        return Layer(self, given, output, formulas, connections, axes)

    def __str__(self) -> str:
        kernel, stride, dilation = self.pairs
        text = f"pooling {kernel[0]}x{kernel[1]}, stride {by(stride)}"
        text += options((1, 1), self.padding, dilation)
        return text + ", ceil" if self.ceil else text


def _unpadded(formula: Formula) -> Formula:
    """The formula as books give it for pooling, which is hardly ever padded."""
    symbols, numbers = formula.symbols.replace(" + 2*P", ""), formula.numbers.replace(" + 2*0", "")
    return replace(formula, symbols=symbols, numbers=numbers)


@dataclass(frozen=True, slots=True)
class Bins:
    """Parts of one axis, as equal as can be: part i ends where it must, neighbors may share."""

    size: int
    output: int
    unused: ClassVar[int] = 0
    """Every input is in a part."""
    formula: ClassVar[None] = None
    """The length is given."""

    def bounds(self, index: int) -> tuple[int, int]:
        """First input of part `index`, and the first behind it."""
        return index * self.size // self.output, -(-(index + 1) * self.size // self.output)

    @property
    def taps(self) -> int:
        """Pairs of a part and an input in it."""
        return sum(stop - start for start, stop in map(self.bounds, range(self.output)))

    def remarks(self, noun: str) -> Iterator[str]:
        """Sentence about the sizes of the parts."""
        sizes = sorted({stop - start for start, stop in map(self.bounds, range(self.output))})
        counts = " or ".join(map(str, sizes))
        yield f"Each output sees {counts} {noun if sizes == [1] else plural(noun)}."


@dataclass(frozen=True, slots=True)
class AdaptivePooling:
    """Pooling to a given size, whatever the input's; size 1 is global pooling.

    Examples
    --------
    >>> print(AdaptivePooling(1).on("7x7x1024").output)
    1x1x1024
    """

    output: Pair

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the pooling for the input `volume`."""
        given = Volume.of(volume)
        height, width = pair(self.output, "output")
        axes = Bins(given.height, height), Bins(given.width, width)
        connections = axes[0].taps * axes[1].taps * given.depth
        return Layer(self, given, Volume(height, width, given.depth), {}, connections, axes)

    def __str__(self) -> str:
        height, width = pair(self.output, "output")
        if (height, width) == (1, 1):
            return "global pooling"
        return f"adaptive pooling to {height}x{width}"
