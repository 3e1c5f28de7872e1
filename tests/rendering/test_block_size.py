from __future__ import annotations

import math

import pytest

from vizkit.errors import UsageError
from vizkit.rendering.block_size import check_block_size, choose_block_size


@pytest.mark.parametrize("canvas", [(32, 32), (144, 144), (300, 300), (2000, 2000)])
@pytest.mark.parametrize("units", [1, 2, 3, 4, 7, 8, 15, 16, 17, 64, 1000])
def test_chosen_block_sizes_waste_at_most_a_quarter(units: int, canvas: tuple[int, int]) -> None:
    size = choose_block_size(units, canvas)
    assert size in (1, 4, 8, 16)
    assert units / (math.ceil(units / size) * size) >= 0.75
    assert size == 1 or size * canvas[0] * canvas[1] <= 16 * 144**2


def test_what_can_be_asked() -> None:
    for size in (None, 1, 4, 8, 16, 32, 64, 128):
        check_block_size(size)
    for size in (0, 2, 256):
        with pytest.raises(UsageError, match="Allowed: 1, 4, 8, 16, 32, 64, 128"):
            check_block_size(size)
