"""A convolution computed as by hand: every window, every product, every sum kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vizkit.arithmetic.convolution import Convolution
from vizkit.arithmetic.volume import Volume
from vizkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One value of the output and all that it is made of.

    Attributes
    ----------
    filter, row, column : which value of the output.
    top, left : corner of the window in the padded input.
    window, products : C F F; the products are those of the window and the filter.
    bias : of the filter.
    """

    filter: int
    row: int
    column: int
    top: int
    left: int
    window: NDArray[Any]
    products: NDArray[Any]
    bias: Any

    @property
    def sums(self) -> tuple[Any, ...]:
        """Sum of the products in each plane."""
        return tuple(self.products.sum((1, 2)).tolist())

    @property
    def value(self) -> Any:
        """Sum of all products and the bias."""
        return sum(self.sums, self.bias)


@dataclass(frozen=True, eq=False, slots=True)
class ConvolutionByHand:
    """A convolution with all its steps, filter by filter and row by row.

    Attributes
    ----------
    padded : C H W, the input with the zeros around it.
    filters, biases : K C F F and K.
    stride, padding : pixels.
    steps : one for each value of the output, in the order in which they are computed.
    output : K H2 W2.
    """

    padded: NDArray[Any]
    filters: NDArray[Any]
    biases: NDArray[Any]
    stride: int
    padding: int
    steps: tuple[Step, ...]
    output: NDArray[Any]


def convolve(
    planes: ArrayLike,
    filters: ArrayLike,
    biases: Sequence[float],
    *,
    stride: int = 1,
    padding: int = 0,
) -> ConvolutionByHand:
    """Convolution of `planes` with zeros around them; whole numbers stay whole numbers.

    As everywhere in deep learning the filter is not turned around.

    Parameters
    ----------
    planes : C H W.
    filters : K C F F.
    biases : one for each filter.

    Raises
    ------
    UsageError : arrays that do not go together, or a filter larger than the padded input.

    Examples
    --------
    >>> found = convolve([[[1, 2, 3], [4, 5, 6]]], [[[[1, 0], [0, -1]]]], [10])
    >>> found.output.tolist()
    [[[6, 6]]]
    >>> found.steps[1].products.tolist(), found.steps[1].value
    ([[[2, 0], [0, -6]]], 6)
    """
    import numpy as np

    given, bank, offsets = np.asarray(planes), np.asarray(filters), np.asarray(biases)
    if given.ndim != 3 or bank.ndim != 4 or bank.shape[1:2] != given.shape[:1]:
        raise UsageError(
            f"planes of shape {given.shape} and filters of shape {bank.shape} do not go together.\n"
            "  Give C H W and K C F F with the same C."
        )
    if offsets.shape != bank.shape[:1]:
        raise UsageError(f"{len(bank)} filters need as many biases, not {list(biases)!r:.60}.")
    count, depth, height, width = bank.shape
    sizes = Convolution(count, (height, width), stride, padding).on(
        Volume(given.shape[1], given.shape[2], depth)
    )
    padded = np.pad(given, ((0, 0), (padding, padding), (padding, padding)))
    steps = []
    for number, row, column in np.ndindex(count, sizes.output.height, sizes.output.width):
        top, left = row * stride, column * stride
        window = padded[:, top : top + height, left : left + width]
        products = window * bank[number]
        bias = offsets[number].item()
        steps.append(Step(number, row, column, top, left, window, products, bias))
    output = np.array([step.value for step in steps])
    output = output.reshape(count, sizes.output.height, sizes.output.width)
    return ConvolutionByHand(padded, bank, offsets, stride, padding, tuple(steps), output)
