"""Networks by name, sizes by one side, and results that print in one line."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import vizkit
from vizkit.errors import UsageError
from vizkit.receptive_fields import effective_field, growth, null_field


def test_a_name_and_a_side_do() -> None:
    by_name = effective_field("lenet5@random", "c1", "noise", input_size=32)
    loaded = effective_field(vizkit.load("lenet5@random"), "c1", "noise", input_size=(32, 32))
    assert torch.equal(by_name.map, loaded.map)
    assert null_field("lenet5@random", "c1", input_size=32).field == (5, 5)
    assert growth("lenet5@random", ["c1"], "noise", input_size=32).input_size == (32, 32)


@pytest.mark.parametrize("call", [effective_field, null_field])
def test_what_is_no_network_or_no_size_is_told(call: Any) -> None:
    with pytest.raises(UsageError, match=r"is no network.*\n.*preprocessing="):
        call(nn.Conv2d(1, 2, 3), "0")
    for size in (0, -3, "32", (3, 32, 32), (32.0, 32.0)):
        with pytest.raises(UsageError, match="is no size of an image"):
            call("lenet5", "c1", input_size=size)


def test_results_print_in_one_line() -> None:
    grown = growth("lenet5@random", ["c1", "c3"], "noise")
    first = grown.layers[0]
    pixel = vizkit.receptive_field("lenet5").projective_field("c1", (0, 0))
    assert repr(pixel) == "<ProjectiveField of pixel (0, 0): 6 units of c1>"
    assert repr(grown).startswith("<Growth lenet5@random: 2 layers, log-log slope ")
    assert str(first.effective).startswith("<EffectiveField lenet5@random/c1: effective ")
    for each in (grown, first, first.effective, first.null, pixel):
        assert len(str(each)) < 100 and "\n" not in str(each)
