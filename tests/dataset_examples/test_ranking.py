"""Which images stand for a unit."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vizkit.dataset_examples.ranking import LEVELS, rank

# Few distinct numbers, so that many responses are equal, as after a ReLU.
RESPONSES = st.lists(st.integers(0, 6), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(RESPONSES, st.integers(1, 12))
def test_examples_are_those_of_a_sort(numbers: list[int], top: int) -> None:
    found = rank(np.array(numbers, np.float32), top)
    rows = {
        kind: [e.row for e in found if e.kind == kind] for kind in ("top", "quantile", "bottom")
    }
    falling = sorted(range(len(numbers)), key=lambda row: (-numbers[row], row))
    best = falling[: min(top, (len(numbers) + 1) // 2)]
    assert rows["top"] == best
    rising = sorted(range(len(numbers)), key=lambda row: (numbers[row], row))
    rest = [row for row in rising if row not in best]
    assert rows["bottom"] == rest[: min(top, len(numbers) // 2)]

    # Every quantile of the empirical distribution, as NumPy has it, is among the examples.
    values = np.array(numbers, float)
    wanted = {np.quantile(values, level / 100, method="inverted_cdf") for level in LEVELS}
    assert {values[row] for row in rows["quantile"]} == wanted
    assert len(set(rows["quantile"])) == len(rows["quantile"])

    for each in found:
        assert each.quantile == np.mean(values <= values[each.row])
    assert max(Counter(each.row for each in found).values()) <= 2


def test_what_is_not_a_number_ranks_lowest() -> None:
    found = rank(np.array([1.0, np.nan, 3.0, 2.0]), 2)
    assert [each.row for each in found if each.kind == "top"] == [2, 3]
    assert [each.row for each in found if each.kind == "bottom"] == [1, 0]
