"""Which images stand for a unit: those that drive it most and least, and quantiles between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["top", "quantile", "bottom"]
LEVELS = (99, 95, 90, 75, 50, 25, 10)
"""Percentages of the images that respond no more than a quantile example does. The strongest
images alone flatter every unit."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An image that stands for a unit.

    Attributes
    ----------
    kind : what it is an example of.
    row : its place among the responses.
    quantile : share of the images that respond no more than it does, in (0, 1].
    """

    kind: Kind
    row: int
    quantile: float


def rank(values: NDArray[Any], top: int) -> tuple[Ranked, ...]:
    """Examples of one unit: the strongest first, then quantiles from above, then the weakest first.

    Top and bottom share no image, so each takes at most half of the images; of the quantiles, which
    are images themselves (the inverse of the empirical distribution), each is another one. So no
    image is shown more than twice. Of equal responses the lower number comes first. NaN counts as
    the weakest.

    Parameters
    ----------
    values : response to each of N images, N.
    top : how many at either end.

    Examples
    --------
    >>> [(each.kind, each.row, each.quantile) for each in rank(np.array([2.0, 9, 2, 5]), 1)]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('top', 1, 1.0), ('quantile', 1, 1.0), ('quantile', 3, 0.75), ('quantile', 2, 0.5),
     ('quantile', 0, 0.5), ('bottom', 0, 0.5)]
    """
    known = np.where(np.isnan(values), -np.inf, values)
    count = len(known)
    falling = np.argsort(-known, kind="stable")
    rising = np.argsort(known, kind="stable")
    strongest = falling[: min(top, (count + 1) // 2)]
    weakest = rising[~np.isin(rising, strongest)][: min(top, count // 2)]
    between = rising[[-(-level * count // 100) - 1 for level in LEVELS] if count else []]
    ordered = known[rising]

    def ranked(kind: Kind, rows: NDArray[Any]) -> list[Ranked]:
        shares = np.searchsorted(ordered, known[rows], side="right") / max(count, 1)
        return [
            Ranked(kind, int(row), float(share)) for row, share in zip(rows, shares, strict=True)
        ]

    distinct = np.array(list(dict.fromkeys(between.tolist())), int)
    return (
        *ranked("top", strongest),
        *ranked("quantile", distinct),
        *ranked("bottom", weakest),
    )
