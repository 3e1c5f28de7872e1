"""Tuning says what it is: in a line, a table, plain data and a figure; and is asked for simply."""

import json
import math

import pytest
import torch

import vizkit
from vizkit.errors import UsageError
from vizkit.progress import Progress

VALUES = (0, 90, 180, 270)


@pytest.fixture(scope="module")
def curves():
    return vizkit.tuning("lenet5@random", "c1:0-2", images="noise", values=VALUES)


@pytest.fixture(scope="module")
def surfaces():
    values = (VALUES, (-2, 0, 2))
    return vizkit.tuning("lenet5", "c1:0-1", "rotation*shift_x", images="noise", values=values)


def test_a_line_says_what_it_is_and_that_weights_are_random(curves, surfaces):
    assert repr(curves) == "<Tuning of 3 units over rotation, 8 images, RANDOM WEIGHTS>"
    assert repr(surfaces) == "<Tuning of 2 units over rotation*shift_x, 8 images>"
    assert "lenet5@random/c1:1 over rotation, 8 images, RANDOM WEIGHTS" in repr(curves[1])
    assert "RANDOM WEIGHTS" in str(curves[1]) and "RANDOM WEIGHTS" in str(curves)


def test_the_table_has_a_line_for_each_unit(curves, surfaces):
    lines = str(curves).splitlines()
    assert lines[0].startswith("ADDRESS") and lines[4].endswith("RANDOM WEIGHTS, never trained")
    assert [line.split()[0] for line in lines[1:4]] == [each.unit.address for each in curves]
    assert all(" degrees " in line for line in lines[1:4])
    assert lines[5].startswith("peak: ") and "In brackets" in str(curves)
    assert "FOLDS" in lines[0] and "FOLDS" not in str(surfaces)
    assert " x " in str(surfaces).splitlines()[1]


def test_plain_data_has_no_nan(curves, surfaces):
    one = vizkit.tuning("lenet5", "c1:0", images=torch.rand(1, 1, 32, 32), values=VALUES)
    for tuning in (curves, surfaces, one):
        text = json.dumps(tuning.as_dict(), allow_nan=False)
        assert [unit["address"] for unit in json.loads(text)["units"]] == [
            each.unit.address for each in tuning
        ]
    assert math.isnan(one[0].height.floor) and one[0].as_dict()["floor"] is None


def test_every_result_has_a_figure(curves, surfaces):
    for result in (curves, surfaces, curves[0], surfaces[0]):
        assert result.figure().axes
    assert "<img" in curves[0]._repr_html_()


def test_a_whole_address_stands_alone(curves):
    alone = vizkit.tuning("lenet5@random/c1:0-2", images="noise", values=VALUES)
    assert alone.as_dict() == curves.as_dict()
    several = ["lenet5@random/c1:0", "lenet5@digits/c1:0"]
    with pytest.raises(UsageError, match=r"units of 2 networks .* lenet5@random, lenet5@digits"):
        vizkit.tuning(several, images="noise")
    with pytest.raises(UsageError, match="without any of its units"):
        vizkit.tuning("lenet5", sweep="rotation")


def test_progress_counts_images():
    told: list[Progress] = []
    images = torch.rand(6, 1, 32, 32)
    given = {"images": images, "values": VALUES, "progress": told.append}
    vizkit.tuning("lenet5", "c1:0", **given)
    assert [(now.done, now.total) for now in told] == [(4, 6), (6, 6)]
    assert told[0].what == "lenet5 rotation"
    given["images"] = iter(images.split(1))
    vizkit.tuning("lenet5", "c1:0", **given)
    assert told[-1].done == 6 and told[-1].total == math.inf
