"""The part of a map that weights reach."""

from __future__ import annotations

from torch import Tensor

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1), inclusive."""


def reached(weights: Tensor) -> Box:
    """Smallest box of a map, ... H W, outside of which all weights are 0; one position at least.

    Examples
    --------
    >>> import torch
    >>> weights = torch.zeros(2, 5, 5)
    >>> weights[0, 1, 2] = weights[1, 3, 2] = 1
    >>> reached(weights)
    (1, 2, 3, 2)
    """
    some = weights.flatten(0, -3).ne(0).any(0)
    rows, columns = (some.any(axis).nonzero().flatten().tolist() or [0] for axis in (1, 0))
    return rows[0], columns[0], rows[-1], columns[-1]
