"""Tables for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vizkit
from vizkit.text import aligned

CELLS = st.text("abc de", max_size=60).map(lambda text: " ".join(text.split()))
ROWS = st.lists(st.tuples(CELLS, st.integers(0, 10**9).map(str), CELLS), min_size=1, max_size=5)


@given(ROWS, st.integers(46, 120))
def test_a_table_fits_and_loses_nothing(rows: list[tuple[str, ...]], width: int) -> None:
    text = aligned(rows, right=[1], width=width)
    assert max(map(len, text.splitlines()), default=0) <= width
    words = "".join(cell for row in rows for cell in row).replace(" ", "")
    assert sorted("".join(text.split())) == sorted(words)


@given(ROWS)
def test_a_table_that_fits_is_as_without_a_width(rows: list[tuple[str, ...]]) -> None:
    assert aligned(rows, right=[1], width=1000) == aligned(rows, right=[1])


@pytest.mark.parametrize("width", [80, 100, 126])
def test_receptive_fields_fit_a_terminal(width: int) -> None:
    fields = vizkit.receptive_field("squeezenet1_1")
    lines = fields.table(width=width).splitlines()
    table = lines[2 : lines.index("", 2)]
    assert max(map(len, table)) <= width
    assert table[0].split()[:5] == ["LAYER", "OPERATION", "OUTPUT", "R", "STRIDE"]
    names = [name for name in ("CENTER", "PARAMETERS", "MULTIPLY-ADDS") if name not in table[0]]
    assert all(name in table[-1] for name in names)
    assert ("left out" in table[-1]) == bool(names)
