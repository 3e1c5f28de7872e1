"""Transposed convolution: every input writes a filter's worth of output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from vizkit.arithmetic.convolution import check_groups, fan, options
from vizkit.arithmetic.formula import Formula, costs, count
from vizkit.arithmetic.layer import Layer, side_formulas
from vizkit.arithmetic.padding import Pair, by, pair
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.arithmetic.window import Window, plural
from vizkit.errors import UsageError


@dataclass(frozen=True)
class Spread:
    """The inputs along one axis, each of which writes `kernel` outputs.

    Parameters
    ----------
    size : length of the input.
    kernel, stride, dilation : of the convolution that this is the transpose of.
    padding : outputs cut away at each end.
    extra : outputs added at the end (PyTorch's ``output_padding``).

    Raises
    ------
    UsageError : nothing is left of the output, or `extra` is too large.
    """

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    extra: int = 0
    axis: str = "column"

    def __post_init__(self) -> None:
        most = max(self.stride, self.dilation) - 1
        if self.extra > most:
            raise UsageError(
                f"An output padding of {self.extra} is too large for stride {self.stride} and "
                f"dilation {self.dilation}.\n  Give {most} at most."
            )
        if self.output < 1:
            raise UsageError(
                f"Padding {self.padding} cuts the output away: {self.formula} "
                f"{self.axis}s.\n  Pad by {self.padding - (2 - self.output) // 2} at most."
            )

    @property
    def output(self) -> int:
        """Length of the output."""
        extent = self.dilation * (self.kernel - 1) + 1
        return (self.size - 1) * self.stride - 2 * self.padding + extent + self.extra

    @cached_property
    def _writes(self) -> list[range]:
        """Outputs that each input writes: the window of the convolution that goes back."""
        back = Window(
            *(self.output, self.kernel, self.stride, self.padding, self.padding, self.dilation)
        )
        return [back.inputs_of(index) for index in range(self.size)]

    @property
    def taps(self) -> int:
        """Pairs of an input and an output that it writes."""
        return sum(map(len, self._writes))

    @property
    def unused(self) -> int:
        """Inputs at the end that write nothing: what they would write is cut away."""
        used = [number for number, outputs in enumerate(self._writes) if outputs]
        return self.size - 1 - max(used, default=-1)

    @property
    def formula(self) -> Formula:
        """Formula of the output's length."""
        kernel, numbers = "F", str(self.kernel)
        if self.dilation > 1:
            kernel, numbers = "D*(F - 1) + 1", f"{self.dilation}*({self.kernel} - 1) + 1"
        side = "H1" if self.axis == "row" else "W1"
        return Formula(
            f"({side} - 1)*S - 2*P + {kernel}" + " + O" * bool(self.extra),
            f"({self.size} - 1)*{self.stride} - 2*{self.padding} + {numbers}"
            + f" + {self.extra}" * bool(self.extra),
            self.output,
        )

    def remarks(self, noun: str) -> Iterator[str]:
        """Sentences about outputs that get nothing, or more than their neighbors."""
        silent = self.output - len(set(chain.from_iterable(self._writes)))
        if silent:
            yield f"{silent} {plural(noun)} of the output read no input: only the bias is there."
        elif self.dilation == 1 and self.kernel % self.stride:
            yield (
                f"Kernel {self.kernel} is no multiple of stride {self.stride}: neighbors sum "
                "unequal numbers of inputs (checkerboard)."
            )


@dataclass(frozen=True, slots=True)
class TransposedConvolution:
    """A transposed convolution ("deconvolution") with `filters` filters.

    Parameters
    ----------
    filters : number of filters, which is the depth of the output.
    kernel, stride, padding, dilation : of the convolution that this is the transpose of; one
        number, or (height, width).
    output_padding : rows and columns added at the end, to choose among the sizes that the
        convolution would make the same.
    groups, bias : as for a `Convolution`.

    Examples
    --------
    >>> layer = TransposedConvolution(8, 4, stride=2, padding=1).on("4x4x16")
    >>> print(layer.output, "|", layer.formulas["width"])
    8x8x8 | (4 - 1)*2 - 2*1 + 4 = 8
    """

    filters: int
    kernel: Pair
    stride: Pair = 1
    padding: Pair = 0
    dilation: Pair = 1
    output_padding: Pair = 0
    groups: int = 1
    bias: bool = True

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the transposed convolution for the input `volume`.

        Raises
        ------
        UsageError : the padding cuts the output away, the output padding is too large, or the
            groups divide one of the depths with a remainder.
        """
        given = Volume.of(volume)
        check_groups(given.depth, self.filters, self.groups)
        kernel = pair(self.kernel, "kernel")
        options = zip(
            (given.height, given.width),
            kernel,
            pair(self.stride, "stride"),
            pair(self.padding, "padding", least=0),
            pair(self.dilation, "dilation"),
            pair(self.output_padding, "output_padding", least=0),
            ("row", "column"),
            strict=True,
        )
        rows, columns = (Spread(*numbers) for numbers in options)
        fan_out = fan(kernel, "K", self.filters, self.groups)
        inputs, bias = given.product("H1*W1*D1"), self.filters * self.bias
        formulas = side_formulas((rows, columns))
        formulas |= costs(fan_out, count("D1", given.depth), inputs, bias)
        output = Volume(rows.output, columns.output, self.filters)
        connections = rows.taps * columns.taps * given.depth * self.filters // self.groups
        return Layer(self, given, output, formulas, connections, (rows, columns))

    def __str__(self) -> str:
        height, width = pair(self.kernel, "kernel")
        extra = pair(self.output_padding, "output_padding", least=0)
        text = f"transposed convolution {height}x{width}, {self.filters} filter"
        text += "s" * (self.filters > 1)
        stride, dilation = pair(self.stride, "stride"), pair(self.dilation, "dilation")
        text += options(stride, self.padding, dilation, self.groups, self.bias)
        return text if extra == (0, 0) else f"{text}, output padding {by(extra)}"
