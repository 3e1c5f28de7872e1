"""Windows along one axis: which indices an output index reads, at the borders too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.index_map import Reads
from vizkit.receptive_fields.propagation.relations import Window

_FAR = 1 << 40


def window(axis: int, length: int, outputs: int, reads: Reads) -> Window:
    """Window over `length` indices that ignores, as padding, what lies outside of them."""
    wanted = indices(reads, outputs)
    inside = (wanted >= 0) & (wanted < length)
    outside = ~inside & (wanted < _FAR)
    return Window(axis, length, np.where(inside, wanted, -1), reads, np.any(outside, axis=1))


def chosen(axis: int, length: int, outputs: int, start: int, step: int = 1) -> Window:
    """Window of a slice: output i reads start + step i."""
    return window(axis, length, outputs, Reads(1, step, ((start,),)))


def rows(axis: int, length: int, real: NDArray[np.int64], reads: Reads | None = None) -> Window:
    """Window of stated indices, (output length, reads), of which none is padding."""
    return Window(axis, length, real, reads, np.zeros(len(real), bool))


def filled_up(read: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Indices that each output reads as rows of one length, with -1 behind them.

    Examples
    --------
    >>> filled_up([np.array([2, 3]), np.array([5])]).tolist()
    [[2, 3], [5, -1]]
    """
    real = np.full((len(read), max(map(len, read), default=1) or 1), -1, np.int64)
    for row, taken in zip(real, read, strict=True):
        row[: len(taken)] = taken
    return real


def indices(reads: Reads, outputs: int) -> NDArray[np.int64]:
    """What the outputs 0, 1, ... read, (outputs, most reads), filled up with a far index."""
    most = max(1, max(map(len, reads.offsets)))
    offsets = np.full((reads.period, most), _FAR, np.int64)
    for phase, given in enumerate(reads.offsets):
        offsets[phase, : len(given)] = given
    turns, phases = np.divmod(np.arange(outputs), reads.period)
    read = offsets[phases] + turns[:, None] * reads.advance
    return np.where(offsets[phases] == _FAR, _FAR, read)


def per_axis(given: object, count: int) -> tuple[int, ...]:
    """One number for each of `count` axes from an operator's argument; empty if it has none.

    Examples
    --------
    >>> per_axis([3], 2), per_axis((1, 2), 2), per_axis([], 2)
    ((3, 3), (1, 2), ())
    """
    if given is None or given == [] or given == ():
        return ()
    numbers = tuple(given) if isinstance(given, list | tuple) else (given,)
    return tuple(int(n) for n in numbers) * (count if len(numbers) == 1 else 1)
