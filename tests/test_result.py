"""The face that every result has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from vizkit.result import Result


@dataclass(frozen=True, eq=False, slots=True)
class Said(Result):
    """A result without a figure."""

    number: int

    def __repr__(self) -> str:
        return f"<Said: {self.number}>"

    def __str__(self) -> str:
        return f"number\n{self.number} < 9"

    def as_dict(self) -> dict[str, Any]:
        return {"number": self.number}


def test_the_line_is_the_class_own_and_not_that_of_a_dataclass() -> None:
    assert repr(Said(3)) == "<Said: 3>"


def test_without_a_figure_the_table_is_the_cell() -> None:
    assert Said(3)._repr_html_() == "<pre>number\n3 &lt; 9</pre>"
    with pytest.raises(NotImplementedError, match="Said has no figure"):
        Said(3).figure()
