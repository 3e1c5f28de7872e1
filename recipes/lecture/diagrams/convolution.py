"""Figure of a convolution as it is computed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import plain_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from computations.by_hand import ConvolutionByHand, Step

_INPUT, _FILTER, _OUTPUT = ("#d9e7f2", "#2a6f97"), ("#f7ddd8", "#c8452f"), ("#dcecdd", "#3a7d44")
_PRODUCT = ("#f3ecd2", "#8a6d0b")
_PAD = "#f1f1f1"
_GAP, _DOWN = 1.5, 1.6
"""Between columns and between rows, in cells."""


def convolution_step(found: ConvolutionByHand, number: int = -1, *, whole: bool = True) -> Figure:
    """One step of a convolution: window, filter, products and sum, among all the numbers.

    Plane beside plane stand the padded input with the window in blue, below it the filters with
    the one at work in red, below these the products of the two; at the right the output, with the
    value computed in green. At the bottom the sum is written out.

    Parameters
    ----------
    found : of `computations.by_hand.convolve`; small enough to be read.
    number : of the step; negative ones count from the last.
    whole : show all the output; False leaves the values of later steps open, for an animation.

    Raises
    ------
    UsageError : there is no such step.
    """
    if not -len(found.steps) <= number < len(found.steps):
        raise UsageError(
            f"step {number} does not exist.\n  Give one from 0 to {len(found.steps) - 1}."
        )
    number %= len(found.steps)
    step = found.steps[number]
    depth, height, width = found.padded.shape
    count, tall, wide = found.output.shape
    size = found.filters.shape[2:]
    across = max(width, count * (size[1] + 1) - 1) + _GAP
    right = _GAP + depth * across + 0.5
    total = right + max(wide, 5) + _GAP
    below = max(height + 2 * size[0] + 2 * _DOWN, count * (tall + _DOWN) + 2.5) + 1.6
    figure = plain_figure(total * 0.3, (below + depth + 2.9) * 0.3)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, total)
    axes.set_ylim(below + depth + 0.9, -2)
    axes.set_axis_off()
    for plane in range(depth):
        left = _GAP + plane * across
        _input(axes, found, step, plane, left)
        for k in range(count):
            at = left + k * (size[1] + 1), height + _DOWN
            _filter(axes, found.filters[k, plane], k, plane, at, on=k == step.filter)
        _products(axes, step, plane, (left, height + size[0] + 2 * _DOWN))
    _output(axes, found, len(found.steps) if whole else number + 1, step, right)
    _sum(axes, step, found.filters[step.filter], below)
    done = f"step {number + 1} of {len(found.steps)}"
    _write(axes, total - _GAP, below + depth, done, ha="right", color=STYLE["faint"])
    return figure


def _input(axes: Axes, found: ConvolutionByHand, step: Step, plane: int, left: float) -> None:
    padding, numbers = found.padding, found.padded[plane]
    height, width = numbers.shape
    _, tall, wide = step.window.shape
    if not plane:
        name = f"input {height}x{width}x{len(found.padded)}"
        name += f", padded with zeros by {padding}" if padding else ""
        _write(axes, left, -1.2, name, color=_INPUT[1], weight="bold")
    _write(axes, left, -0.3, f"x[:, :, {plane}]", color=STYLE["faint"])
    for y, x in _cells(numbers):
        inside = padding <= y < height - padding and padding <= x < width - padding
        seen = 0 <= y - step.top < tall and 0 <= x - step.left < wide
        paper = _INPUT[0] if seen else "white" if inside else _PAD
        ink = STYLE["ink"] if inside or seen else "#a0a0a0"
        _cell(axes, left + x, y, numbers[y, x], paper, ink)
    _frame(axes, left + step.left, step.top, wide, tall, _INPUT[1])


def _filter(
    axes: Axes, weights: NDArray[Any], k: int, plane: int, at: tuple[float, float], *, on: bool
) -> None:
    color = _FILTER[1] if on else STYLE["faint"]
    name = f"w{k}[:, :, {plane}]"
    _write(axes, at[0], at[1] - 0.3, name, color=color, weight="bold" if on else "normal")
    _grid(axes, weights, at, _FILTER[0] if on else "white", on=on)
    if on:
        _frame(axes, *at, weights.shape[1], weights.shape[0], _FILTER[1])


def _products(axes: Axes, step: Step, plane: int, at: tuple[float, float]) -> None:
    numbers = step.products[plane]
    tall, wide = numbers.shape
    _write(axes, at[0], at[1] - 0.3, "products", color=_PRODUCT[1], weight="bold")
    _grid(axes, numbers, at, _PRODUCT[0], on=True)
    _frame(axes, *at, wide, tall, _PRODUCT[1])
    text = f"sum {_number(step.sums[plane])}"
    _write(axes, at[0] + wide + 0.6, at[1] + tall / 2 + 0.2, text, color=_PRODUCT[1])


def _output(axes: Axes, found: ConvolutionByHand, done: int, step: Step, left: float) -> None:
    count, tall, wide = found.output.shape
    name = f"output {tall}x{wide}x{count}"
    _write(axes, left, -1.2, name, color=_OUTPUT[1], weight="bold")
    for number, each in enumerate(found.steps):
        top, now = each.filter * (tall + _DOWN), each is step
        paper = _OUTPUT[0] if now else "white"
        text = each.value if number < done else ""
        _cell(axes, left + each.column, top + each.row, text, paper, STYLE["ink"], bold=now)
    for k in range(count):
        _write(axes, left, k * (tall + _DOWN) - 0.3, f"o[:, :, {k}]", color=STYLE["faint"])
    at = left + step.column, step.filter * (tall + _DOWN) + step.row
    _frame(axes, *at, 1, 1, _OUTPUT[1])
    top = count * (tall + _DOWN) + 1
    for k, bias in enumerate(found.biases):
        on = k == step.filter
        color = _FILTER[1] if on else STYLE["faint"]
        at = left + 2.4 * k, top
        _write(axes, at[0], top - 0.3, f"bias b{k}", color=color)
        _cell(axes, *at, bias, _FILTER[0] if on else "white", STYLE["ink"] if on else color)
        if on:
            _frame(axes, *at, 1, 1, _FILTER[1])


def _sum(axes: Axes, step: Step, filters: NDArray[Any], top: float) -> None:
    """The sum written out, a line for each plane, and what it comes to."""
    for plane, (window, weights) in enumerate(zip(step.window, filters, strict=True)):
        terms = " + ".join(
            f"{_number(x)}·{_signed(w)}" for x, w in zip(window.flat, weights.flat, strict=True)
        )
        _write(axes, _GAP, top + plane, f"plane {plane}:  {terms}  =  {_number(step.sums[plane])}")
    parts = " + ".join(_signed(each) for each in (*step.sums, step.bias))
    name = f"o[{step.row}, {step.column}, {step.filter}]"
    text = f"{name}  =  {parts}  =  {_number(step.value)},  the last term is the bias"
    _write(axes, _GAP, top + len(filters), text, color=_OUTPUT[1], weight="bold")


def _cells(numbers: NDArray[Any]) -> list[tuple[int, int]]:
    return [(y, x) for y in range(numbers.shape[0]) for x in range(numbers.shape[1])]


def _grid(
    axes: Axes, numbers: NDArray[Any], at: tuple[float, float], paper: str, *, on: bool
) -> None:
    ink = STYLE["ink"] if on else STYLE["faint"]
    for row, column in _cells(numbers):
        _cell(axes, at[0] + column, at[1] + row, numbers[row, column], paper, ink)


def _cell(
    axes: Axes, x: float, y: float, value: Any, paper: str, ink: str, *, bold: bool = False
) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), 1, 1, fc=paper, ec="#bdbdbd", lw=0.6))
    text = value if isinstance(value, str) else _number(value)
    weight = "bold" if bold else "normal"
    axes.text(
        x + 0.5, y + 0.53, text, ha="center", va="center", color=ink, fontsize=9, weight=weight
    )


def _frame(axes: Axes, x: float, y: float, wide: int, tall: int, color: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), wide, tall, fill=False, ec=color, lw=2, zorder=3))


def _write(axes: Axes, x: float, y: float, text: str, **how: Any) -> None:
    how = {"fontsize": 9, "color": STYLE["ink"], "va": "baseline", **how}
    axes.text(x, y, text, parse_math=False, **how)


def _number(value: Any) -> str:
    return f"{value:g}".replace("-", "−")


def _signed(value: Any) -> str:
    """In brackets where it is negative, as behind another sign."""
    return f"({_number(value)})" if value < 0 else _number(value)
