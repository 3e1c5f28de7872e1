"""A stimulus that a stranger writes into one file, found by its name everywhere."""

from __future__ import annotations

import json

import pytest
import torch

import vizkit
from vizkit.errors import UsageError
from vizkit.stimuli import STIMULI, register

STRANGER = '''
"""A square of any size."""

from vizkit.stimuli import Stimulus
from vizkit.stimuli.parameter import contrast, length, orientation
from vizkit.stimuli.plane import filled


def _square(plane, values):
    seen = plane.turned(values["orientation"])
    half = values["side"] * plane.diameter / 2
    return filled(seen.x.abs() - half) * filled(seen.up.abs() - half)


SQUARE = Stimulus(
    "square",
    {"side": length(0.5), "orientation": orientation(90.0), "contrast": contrast()},
    _square,
)
'''


@pytest.fixture
def stranger(written):
    return written("square_of_a_stranger", STRANGER)


@pytest.fixture
def square(stranger):
    register(stranger.SQUARE)
    yield stranger.SQUARE
    STIMULI.remove("square")


def test_it_is_probed_by_its_name(command, square):
    done = command("probe", "lenet5/c3:0-1", "--sweep", "square.side,square.orientation", "--json")
    assert done.code == 0, done.err
    records = json.loads(done.out)
    assert [each["family"] for each in records] == ["square.side", "square.orientation"] * 2
    assert records[1]["parameter"] == [90 * step / 24 for step in range(24)]
    words = command("probe", "--help").out.split()
    assert "square.{side,orientation,contrast}" in words
    missed = command("probe", "lenet5/c3:0", "--sweep", "square.corner")
    assert missed.code == 2 and "'corner' is not a parameter of square" in missed.err


def test_the_library_draws_it_where_a_unit_looks(square):
    (curve,) = vizkit.tuning("lenet5", "c3:2", "square.side", images="noise", values=(0.25, 0.5))
    net = vizkit.load("lenet5")
    field = vizkit.receptive_field(net).unit("c3", 2)
    (y0, x0, y1, x1), place = field.box, field.unit.position
    center, step = ((y0 + y1) / 2, (x0 + x1) / 2), (y1 - y0 + 1) / 16
    moves = ((0, 0), (step, 0), (-step, 0), (0, step), (0, -step))
    shown = [
        square.draw(
            (32, 32), (center[0] + dy, center[1] + dx), diameter=y1 - y0 + 1, channels=1, side=side
        )
        for side in (0.25, 0.5)
        for dy, dx in moves
    ]
    with torch.no_grad(), vizkit.capture(net, "c3", after_activation=True) as acts:
        net(torch.cat(shown))
        answers = acts["c3"][:, 2, place[0], place[1]].double().view(2, 5)
    torch.testing.assert_close(curve.response, answers.mean(1), rtol=1e-4, atol=1e-5)


def test_an_installed_one_is_found_through_its_entry_point(stranger, with_installed):
    point = "square_of_a_stranger:SQUARE"
    fresh = with_installed(STIMULI, "vizkit.stimuli", "square", point)
    assert list(fresh) == ["square"] and fresh["square"] is stranger.SQUARE


def test_a_name_that_is_taken_is_refused(stranger, square):
    with pytest.raises(UsageError, match="'square' is there twice"):
        register(stranger.SQUARE)
