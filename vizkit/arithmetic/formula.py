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
