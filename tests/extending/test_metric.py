"""A metric in one file outside of the package: in the library and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import vizkit
from vizkit.cli import main

FILE = """
import vizkit

METRIC = vizkit.evidence.Metric(
    name="brightness",
    says="How bright the picture is.",
    wrong_if="A unit likes the night.",
    better=None,
    of=lambda subject: subject.pictures.mean((1, 2, 3)),
)
vizkit.evidence.METRICS.register("brightness", METRIC)
"""


@pytest.fixture
def brightness() -> Iterator[None]:
    exec(FILE, {})
    yield
    vizkit.evidence.METRICS.remove("brightness")


def test_a_strangers_metric_stands_in_every_scorecard(
    brightness: None, capsys: pytest.CaptureFixture[str]
) -> None:
    renders = vizkit.render("lenet5@random/c3:0-1", steps=2)
    card = vizkit.scorecard("lenet5@random", renders, images=None)[0]
    assert card.values["brightness"] == pytest.approx(float(renders[0].image.mean()), abs=1e-6)
    assert card.values["path"] is None  # needs photographs
    arguments = [
        "render",
        "lenet5@random/c3:0",
        "--steps",
        "2",
        "--scorecard",
        "--images",
        "digits",
    ]
    assert main([*arguments, "--json", "--quiet"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert 0 < row["scorecard"]["brightness"] < 1
