"""Weights that vizkit brings along, and their cards."""

import hashlib
from pathlib import Path

import pytest

import vizkit
from vizkit.errors import WeightsInvalidError
from vizkit.networks.weights import hub
from vizkit.networks.weights.sources import packaged

DATA = Path(vizkit.__file__).parent / "networks" / "weights" / "data"
NAMES = sorted(path.stem for path in DATA.glob("*.safetensors"))


def test_every_file_has_a_card_and_every_card_a_file():
    assert sorted(path.stem for path in DATA.glob("*.md")) == NAMES
    assert "googlenet_distilled" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_the_hash_of_the_file(name):
    weights = packaged(name)
    content = hub.place(weights).read_bytes()
    assert hashlib.sha256(content).hexdigest() == weights.sha256
    assert weights.origin.startswith("part of vizkit: ")


def test_the_sample_shows_the_weights_that_are_packaged():
    plan = Path(__file__).parents[3] / "gallery/sample/googlenet~adistilled/plan.json"
    assert packaged("googlenet_distilled").sha256 in plan.read_text()


def test_the_parts_of_the_wheel_that_weigh_stay_small():
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 16e6


def test_a_card_without_a_hash_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("vizkit.networks.weights.sources.resources.files", lambda _: tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.md").write_text("| | |\n| --- | --- |\n| origin | made here |\n")
    with pytest.raises(WeightsInvalidError, match=r"mine\.md.* lacks sha256"):
        packaged("mine")
    with pytest.raises(WeightsInvalidError, match="lacks sha256 and origin"):
        packaged("none")
