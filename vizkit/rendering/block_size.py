"""How many units of a layer are rendered together; known without torch."""

from __future__ import annotations

import math

from vizkit.errors import UsageError

_CHOSEN = (1, 4, 8, 16)
BLOCK_SIZES = (*_CHOSEN, 32, 64, 128)
"""What can be asked for. The large ones keep a GPU busy; a CPU is no faster by them."""
_MOST_PIXELS = 16 * 144**2
"""More pixels at once gain no speed and only take memory."""
_LEAST_USED = 0.75


def choose_block_size(units: int, canvas: tuple[int, int]) -> int:
    """Units of a layer to render together: many where cheap, with little padding.

    The last block is padded to its size, so a size is taken only if at most a quarter of the work
    is padding.

    Examples
    --------
    >>> choose_block_size(8, (112, 112)), choose_block_size(2, (112, 112))
    (8, 1)
    """
    for size in reversed(_CHOSEN):
        used = units / (math.ceil(units / size) * size)
        if size * canvas[0] * canvas[1] <= _MOST_PIXELS and used >= _LEAST_USED:
            return size
    return 1


def check_block_size(asked: int | None) -> None:
    """Accept a block size that can be used, and None.

    Raises
    ------
    UsageError : it is none of `BLOCK_SIZES`.
    """
    if asked is not None and asked not in BLOCK_SIZES:
        allowed = ", ".join(map(str, BLOCK_SIZES))
        raise UsageError(f"block_size={asked} is not known.\n  Allowed: {allowed}.")
