"""A window that slides along one axis: how often it fits, and what it never sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from vizkit.arithmetic.formula import Formula
from vizkit.arithmetic.padding import Padding, Pair, pair, sides
from vizkit.arithmetic.volume import Volume
from vizkit.errors import UsageError


@dataclass(frozen=True)
class Window:
    """The windows of a convolution or a pooling along one axis, by PyTorch's rules.

    Parameters
    ----------
    size : length of the input.
    kernel : inputs that a window takes.
    stride : distance from one window to the next.
    before, after : padding at the two ends.
    dilation : distance from one input of a window to the next.
    ceil : let the last window reach over the end rather than leave inputs unseen (pooling).
    axis : ``"row"`` or ``"column"``, for messages.

    Raises
    ------
    UsageError : not a single window fits into the padded input.

    Examples
    --------
    >>> window = Window(10, 3, stride=2)
    >>> window.fits, window.output, window.unused
    (False, 4, 1)
    >>> print(window.formula)
    (10 - 3 + 2*0)/2 + 1 = 4.5, floor 4
    """

    size: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil: bool = False
    axis: str = "column"

    def __post_init__(self) -> None:
        if min(self.size, self.kernel, self.stride, self.dilation) < 1:
            raise UsageError(
                f"{self!r} is not allowed.\n  Give a size, kernel, stride and dilation above zero."
            )
        padded = self.size + self.before + self.after
        if self.output < 1:
            spans = f" with dilation {self.dilation} spans {self.extent} and" * (self.dilation > 1)
            raise UsageError(
                f"A kernel of {self.kernel}{spans} is larger than the input: {self.size} "
                f"{self.axis}{'s' * (self.size > 1)}, {padded} with the padding.\n"
                f"  Pad by at least {ceil((self.extent - self.size) / 2)} at each side, or take a "
                "smaller kernel."
            )

    @property
    def extent(self) -> int:
        """Length from the first input of a window to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def exact(self) -> Fraction:
        """How many windows there would be if they could be divided."""
        return Fraction(self.size + self.before + self.after - self.extent, self.stride) + 1

    @property
    def fits(self) -> bool:
        """Whether the last window ends exactly where the padded input does."""
        return self.exact.denominator == 1

    @property
    def dropped(self) -> bool:
        """Whether a last window that `ceil` adds is dropped, as it starts behind the input."""
        return self.ceil and (ceil(self.exact) - 1) * self.stride >= self.size + self.before

    @property
    def output(self) -> int:
        """Number of windows."""
        return ceil(self.exact) - self.dropped if self.ceil else floor(self.exact)

    @property
    def overlap(self) -> int:
        """Inputs that neighboring windows share; negative for a gap between them."""
        return self.extent - self.stride

    def inputs_of(self, index: int) -> range:
        """Inputs that window `index` takes, those in the padding left out."""
        start = index * self.stride - self.before
        taken = range(start, start + self.extent, self.dilation)
        first = max(0, ceil(-start / self.dilation))
        last = max(first, ceil((self.size - start) / self.dilation))
        return taken[first:last]

    @cached_property
    def taps(self) -> int:
        """Pairs of a window and an input that it takes, padding left out."""
        return sum(len(self.inputs_of(index)) for index in range(self.output))

    @cached_property
    def _seen(self) -> frozenset[int]:
        return frozenset(i for index in range(self.output) for i in self.inputs_of(index))

    @property
    def unused(self) -> int:
        """Inputs at the end that no window sees."""
        return self.size - 1 - max(self._seen, default=-1)

    @property
    def skipped(self) -> int:
        """Inputs before those that no window sees, in gaps between windows or within them."""
        return self.size - self.unused - len(self._seen)

    @property
    def formula(self) -> Formula:
        """Formula of the output's length."""
        symbols, numbers = "W1 - F", f"{self.size} - {self.kernel}"
        if self.dilation > 1:
            symbols = "W1 - D*(F - 1) - 1"
            numbers = f"{self.size} - {self.dilation}*({self.kernel} - 1) - 1"
        if self.before == self.after:
            symbols, numbers = f"{symbols} + 2*P", f"{numbers} + 2*{self.before}"
        else:
            symbols = f"{symbols} + P1 + P2"
            numbers = f"{numbers} + {self.before} + {self.after}"
        if self.axis == "row":
            symbols = symbols.replace("W", "H")
        rounded = "" if self.fits else f"{float(self.exact):.3f}".rstrip("0")
        if rounded:
            rounded += ", ceil" if self.ceil else ", floor"
        if self.dropped:
            rounded += f" {ceil(self.exact)}, less 1:"
        return Formula(f"({symbols})/S + 1", f"({numbers})/{self.stride} + 1", self.output, rounded)

    def remarks(self, noun: str) -> Iterator[str]:
        """Sentences about what does not come out even; `noun` is ``"row"``, ``"column"``, both."""
        both = " and " in noun
        verb = "are" if both else "is"
        many = plural(noun)
        if self.unused == 1:
            yield f"The last {noun} {verb} never seen."
        elif self.unused:
            yield f"The last {self.unused} {many} are never seen."
        elif not self.fits and not self.ceil:
            either = noun.replace("and", "or")
            yield f"What is left over at the end is padding: no {either} is lost."
        if self.skipped == 1:
            yield f"1 {noun} {'lie' if both else 'lies'} in a gap and {verb} never seen."
        elif self.skipped:
            yield f"{self.skipped} {many} lie in gaps and are never seen."
        if self.dropped:
            yield "The last window would start behind the input and is dropped."
        elif self.ceil and not self.fits:
            last = len(self.inputs_of(self.output - 1))
            yield f"The last window is smaller: {last} of {self.kernel} {many}."


class Sliding:
    """What a convolution and a pooling have in common: windows by kernel, stride and padding."""

    __slots__ = ()

    kernel: Pair
    stride: Pair | None
    padding: Padding
    dilation: Pair

    @property
    def pairs(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """Kernel, stride and dilation, each as (height, width)."""
        kernel = pair(self.kernel, "kernel")
        stride = kernel if self.stride is None else pair(self.stride, "stride")
        return kernel, stride, pair(self.dilation, "dilation")

    def windows(self, volume: Volume, *, ceil: bool = False) -> tuple[Window, Window]:
        """Windows along the height and along the width; with `ceil` as of a `Window`."""
        kernel, stride, dilation = self.pairs
        ends = sides(self.padding, kernel, stride, dilation)
        rows, columns = (
            Window(size, kernel[i], stride[i], *ends[i], dilation[i], ceil, axis)
            for i, (size, axis) in enumerate([(volume.height, "row"), (volume.width, "column")])
        )
        return rows, columns


def plural(noun: str) -> str:
    """``"rows and columns"`` of ``"row and column"``."""
    return noun.replace("row", "rows").replace("column", "columns")
