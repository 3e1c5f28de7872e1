"""Networks by name, sizes by one side, and results that print as a line, a table and plain data."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn

import vizkit.progress
from vizkit.errors import UsageError
from vizkit.receptive_fields import effective_field, growth, null_field
from vizkit.receptive_fields.effective.density import Density


def test_a_name_and_a_side_do() -> None:
    by_name = effective_field("lenet5@random", "c1", images="noise", input_size=32)
    loaded = effective_field(
        vizkit.load("lenet5@random"), "c1", images="noise", input_size=(32, 32)
    )
    assert torch.equal(by_name.map, loaded.map)
    assert null_field("lenet5@random", "c1", input_size=32).field == (5, 5)
    assert growth("lenet5@random", ["c1"], images="noise", input_size=32).input_size == (32, 32)


@pytest.mark.parametrize("call", [effective_field, null_field])
def test_what_is_no_network_or_no_size_is_told(call: Any) -> None:
    with pytest.raises(UsageError, match="was given as a network, which is of type float"):
        call(1.5, "0")
    for size in (0, -3, "32", (3, 32, 32), (32.0, 32.0)):
        with pytest.raises(UsageError, match="is no size of an image"):
            call("lenet5", "c1", input_size=size)


def test_a_module_is_shown_images_as_they_are() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False))
    with pytest.warns(UserWarning, match=r"images in \[0, 1\] as they are"):
        field = effective_field(module, "0", images=torch.rand(2, 1, 9, 9), channels=[1])
    kernel = module[0].weight[1, 0].detach().double().abs()
    assert torch.allclose(field.map, kernel / kernel.sum())


def test_progress_is_told_by_images() -> None:
    told: list[vizkit.progress.Progress] = []
    images = torch.rand(6, 1, 32, 32)
    growth("lenet5@random", ["c1"], images=images, progress=told.append)
    assert [(now.done, now.total) for now in told] == [(4, 6), (6, 6)]
    assert "lenet5@random" in told[0].what


def test_results_print_in_one_line_and_as_a_table() -> None:
    grown = growth("lenet5@random", ["c1", "c3"], images="noise")
    first = grown.layers[0]
    pixel = vizkit.receptive_field("lenet5").projective_field("c1", (0, 0))
    assert repr(pixel) == "<ProjectiveField of pixel (0, 0): 6 units of c1>"
    assert repr(grown).startswith("<Growth lenet5@random: 2 layers, log-log slope ")
    assert repr(first.effective).startswith("<EffectiveField lenet5@random/c1: effective ")
    for result in (grown, first, first.effective, first.null, pixel):
        assert len(repr(result)) < 100 and "\n" not in repr(result)
        assert json.loads(json.dumps(result.as_dict(), allow_nan=False)) == result.as_dict()
    title, head, *rows = str(grown).splitlines()
    assert title == "lenet5@random at 32 x 32, RANDOM WEIGHTS"
    assert [row.split()[0] for row in rows[:4]] == ["c1", "c3", "log-log", "In"]
    assert all(head.count(name) == 1 for name in ("NULL 95 %", "NULL SIGMA", "SEEN", "SHIFT"))
    assert "RANDOM WEIGHTS" in str(first.effective) and "5 x 5 px" in str(first.effective)


def test_what_is_not_finite_is_null_in_json() -> None:
    flat = torch.full((3, 3), 1 / 9, dtype=torch.float64)
    assert Density(flat, (1.0, 1.0), (3, 3), 1.0).measures()["gaussian_sigma"] == [None, None]


def test_figures_of_results() -> None:
    grown = growth("lenet5@random", ["c1", "c3"], images="noise")
    for result in (grown, grown.layers[1], grown.layers[1].effective):
        assert "RANDOM WEIGHTS" in result.figure().get_suptitle()
    assert "null model" in str(grown.layers[1].figure().axes[1].get_legend_handles_labels()[1])
