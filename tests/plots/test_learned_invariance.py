"""Figures of learned invariances show what was found, and no more."""

from __future__ import annotations

import json
import math

import pytest
import torch

import vizkit
from tests.learned_invariance.cells import SIDE, complex_cell, gabor
from tests.learned_invariance.test_carriers import hook, maxout
from vizkit.errors import UsageError
from vizkit.learned_invariance import Diverse, Walk
from vizkit.plots import carrier_chart, diverse_sheet, film_strip

RECIPE = vizkit.Recipe(steps=8, pad=0)


@pytest.fixture(scope="module")
def around() -> Walk:
    return vizkit.walk(
        complex_cell(),
        "cell:0",
        start=0.5 + gabor(0)[None],
        coordinates="pixels",
        steps=12,
        step=math.pi / 12,
    )


@pytest.fixture(scope="module")
def found() -> Diverse:
    return vizkit.diverse(complex_cell(), "cell:0", count=3, recipe=RECIPE, size=SIDE)


def test_a_film_strip_has_both_ends_and_all_responses(around: Walk) -> None:
    figure = film_strip(around, frames=4)
    figure.canvas.draw()
    *tiles, response, change = figure.axes
    assert [each.get_title() for each in tiles] == ["0", "4", "8", "12"]
    for axes, place in zip(tiles, (0, 4, 8, 12), strict=True):
        shown = torch.tensor(axes.images[0].get_array())[..., 0]
        torch.testing.assert_close(shown, around.frames[place, 0])
    assert response.lines[0].get_ydata() == pytest.approx(around.share.tolist())
    assert change.lines[0].get_ydata() == pytest.approx(around.change.tolist())
    assert change.lines[1].get_ydata()[0] == around.straight


def test_more_pictures_than_frames_show_each_once(around: Walk) -> None:
    assert len(film_strip(around, frames=50).axes) == len(around.frames) + 2
    with pytest.raises(UsageError, match="frames=1 is out of range"):
        film_strip(around, frames=1)


def test_a_diverse_sheet_has_both_sets_and_their_distances(found: Diverse) -> None:
    figure = diverse_sheet(found)
    figure.canvas.draw()
    *tiles, distances = figure.axes
    shares = [*found.share.tolist(), *found.independent_share.tolist()]
    assert [each.get_title() for each in tiles] == [f"{100 * share:.0f} %" for share in shares]
    dots = distances.lines[0].get_ydata()
    pairs = ((0, 1), (0, 2), (1, 2))
    assert dots == pytest.approx([float(found.distances[pair]) for pair in pairs])
    assert len(distances.lines) == 4


def test_a_carrier_chart_stacks_the_shares() -> None:
    carried = vizkit.carriers(
        maxout(), "detectors:0-2", images=0.5 + hook()[None], values=(-40, 0, 40)
    )
    figure = carrier_chart(carried)
    figure.canvas.draw()
    *tiles, curves, band = figure.axes
    assert [each.get_title() for each in tiles] == ["-40", "0", "40"]
    assert len(curves.lines) == 4
    assert curves.lines[3].get_ydata() == pytest.approx(carried.pooled.mean(0).tolist())
    heights = torch.tensor([[bar.get_height() for bar in each] for each in band.containers])
    assert torch.equal(heights.T, carried.carries)


def test_one_value_and_many_members_can_be_drawn() -> None:
    carried = vizkit.carriers("lenet5@random", "c3:0-15", images="noise", values=(0,))
    figure = carrier_chart(carried)
    figure.canvas.draw()
    assert "RANDOM WEIGHTS" in figure.get_suptitle()


def test_results_show_themselves(found: Diverse, around: Walk) -> None:
    carried = vizkit.carriers("lenet5@random", "c3:0-2", images="noise", values=(0, 90))
    for result, rows in ((found, 3), (around, len(around.frames)), (carried, 2)):
        line, head, *lines = str(result).splitlines()
        assert line == repr(result) and len(lines) == rows
        assert len({len(head), *map(len, lines)}) <= 3  # the last column alone may be ragged
        assert json.loads(json.dumps(result.as_dict())) == result.as_dict()
        assert result._repr_html_().startswith("<img")
    assert "RANDOM WEIGHTS" in repr(carried)
    assert [member.name for member in carried.members] == ["c3:0", "c3:1", "c3:2"]
    assert found.unit.name == "cell:0" and around.unit.layer.name == "cell"
