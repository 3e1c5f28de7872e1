"""Convolution: filters that slide over a volume."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.arithmetic.formula import Formula, costs, count
from vizkit.arithmetic.layer import Layer, side_formulas
from vizkit.arithmetic.padding import Padding, Pair, by, sides, spelled
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.arithmetic.window import Sliding
from vizkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Convolution(Sliding):
    """A convolution with `filters` filters.

    Parameters
    ----------
    filters : number of filters, which is the depth of the output.
    kernel, stride, dilation : one number, or (height, width).
    padding : one number, (height, width), ((top, bottom), (left, right)), or ``"same"``.
    groups : into how many parts the depth is split; as many as the depth for a depthwise one.
    bias : whether every filter has a bias.

    Examples
    --------
    >>> layer = Convolution(6, 5).on("32x32x3")
    >>> print(layer.output, "|", layer.formulas["parameters"])
    28x28x6 | (5*5*3)*6 + 6 = 456
    >>> Convolution(3, (1, 7), padding="same", groups=3).on("8x9x3").output
    Volume(height=8, width=9, depth=3)
    """

    filters: int
    kernel: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    groups: int = 1
    bias: bool = True

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the convolution for the input `volume`.

        Raises
        ------
        UsageError : the kernel is larger than the padded input, or the groups divide one of the
            depths with a remainder.
        """
        given = Volume.of(volume)
        check_groups(given.depth, self.filters, self.groups)
        rows, columns = self.windows(given)
        output = Volume(rows.output, columns.output, self.filters)
        filters, bias = count("K", self.filters), self.filters * self.bias
        fan_in = fan(self.pairs[0], "D1", given.depth, self.groups)
        formulas = side_formulas((rows, columns))
        formulas |= costs(fan_in, filters, output.product("H2*W2*K"), bias)
        connections = rows.taps * columns.taps * given.depth // self.groups * self.filters
        return Layer(self, given, output, formulas, connections, (rows, columns))

    def __str__(self) -> str:
        (height, width), stride, dilation = self.pairs
        text = f"convolution {height}x{width}, {self.filters} filter" + "s" * (self.filters > 1)
        return text + options(stride, self.padding, dilation, self.groups, self.bias)


def options(
    stride: tuple[int, int],
    padding: Padding,
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    bias: bool = True,
) -> str:
    """The options that are not at their default, in words."""
    text = f", stride {by(stride)}" if stride != (1, 1) else ""
    if padding == "same":
        text += ", padding same"
    elif any(map(any, ends := sides(padding, (1, 1), stride, dilation))):
        text += f", padding {spelled(ends)}"
    if dilation != (1, 1):
        text += f", dilation {by(dilation)}"
    if groups > 1:
        text += f", {groups} groups"
    return text if bias else text + ", no bias"


def check_groups(depth: int, filters: int, groups: int) -> None:
    """Raise unless both depths can be split into `groups` parts."""
    if filters < 1 or groups < 1:
        name, value = ("filters", filters) if filters < 1 else ("groups", groups)
        raise UsageError(f"{name}={value} is not allowed.\n  Give a whole number above zero.")
    if depth % groups or filters % groups:
        what = f"an input of depth {depth}" if depth % groups else f"{filters} filters"
        both = [g for g in range(1, depth + 1) if depth % g == 0 and filters % g == 0]
        raise UsageError(
            f"{groups} groups do not divide {what}.\n"
            f"  What divides depth {depth} and {filters} filters: {', '.join(map(str, both))}."
        )


def fan(kernel: tuple[int, int], symbol: str, depth: int, groups: int) -> Formula:
    """Weights of one filter: ``(F*F*D1)``, ``(11*11*3)``."""
    height, width = kernel
    size = "F*F" if height == width else "F1*F2"
    part, number = ("/G", f"/{groups}") if groups > 1 else ("", "")
    numbers = f"({height}*{width}*{depth}{number})"
    return Formula(f"({size}*{symbol}{part})", numbers, height * width * depth // groups)
