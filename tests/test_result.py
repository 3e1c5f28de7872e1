"""The face that every result has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import vizkit
from vizkit.probing.tuning import UnitTuning
from vizkit.receptive_fields import growth
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


@pytest.fixture(scope="module")
def untrained() -> list[Result]:
    """A result of each kind that is about one network's weights, and the parts of such."""
    name = "lenet5@random"
    turned = {"images": "noise", "values": (0, 90)}
    layers = growth(name, ["c1"], images="noise")
    tuning = vizkit.tuning(name, "c1:0-1", "rotation", **turned)
    return [
        vizkit.invariance(name, "c1", "rotation", **turned),
        vizkit.equivariance(name, "c1", "rotation", **turned),
        vizkit.families(name, "c1", images="noise"),
        *(tuning, tuning[0]),
        *(layers, layers.layers[0], layers.layers[0].effective),
    ]


def test_random_weights_are_said_in_one_wording_wherever_a_result_is_looked_at(
    untrained: list[Result],
) -> None:
    for result in untrained:
        assert repr(result).count("RANDOM WEIGHTS") == 1, repr(result)
        assert "RANDOM WEIGHTS" in str(result), repr(result)
        assert "random weights" not in repr(result) + str(result)
        if not isinstance(result, UnitTuning):  # ``vizkit probe --json`` has its keys
            assert result.as_dict()["random"] is True, repr(result)
