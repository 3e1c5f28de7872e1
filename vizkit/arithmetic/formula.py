"""A formula beside the numbers that were put into it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Formula:
    """One computed number and how it came about.

    Attributes
    ----------
    symbols : the formula as in a book: H1, W1, D1 are height, width and depth of the input, H2,
        W2, D2 of the output; F is the side of the filter, S the stride, P the padding, D the
        dilation, O the output padding; K is the number of filters, G of groups.
    numbers : the same with the numbers put in.
    value : the result.
    rounded : what had to be rounded and how, ``"4.5, floor"``; empty when nothing had to.

    Examples
    --------
    >>> print(Formula("(W1 - F + 2*P)/S + 1", "(10 - 3 + 2*0)/2 + 1", 4, "4.5, floor"))
    (10 - 3 + 2*0)/2 + 1 = 4.5, floor 4
    """

    symbols: str
    numbers: str
    value: int
    rounded: str = ""

    @property
    def result(self) -> str:
        """The value in print, with what was rounded."""
        return f"{self.rounded} {self.value:,}".lstrip()

    def __str__(self) -> str:
        return f"{self.numbers} = {self.result}"


def costs(fan: Formula, filters: Formula, places: Formula, bias: int) -> dict[str, Formula]:
    """Formulas of parameters and multiply-adds, for `Layer.formulas`.

    Parameters
    ----------
    fan : weights of one filter.
    filters : how many there are.
    places : how often one is multiplied, over all filters.
    bias : number of biases.
    """
    return {
        "parameters": Formula(
            f"{fan.symbols}*{filters.symbols}" + " + K" * bool(bias),
            f"{fan.numbers}*{filters.numbers}" + f" + {bias}" * bool(bias),
            fan.value * filters.value + bias,
        ),
        "multiply_adds": Formula(
            f"{fan.symbols}*{places.symbols}",
            f"{fan.numbers}*{places.numbers}",
            fan.value * places.value,
        ),
    }


def count(symbol: str, value: int) -> Formula:
    """Formula of a number that is given."""
    return Formula(symbol, str(value), value)
