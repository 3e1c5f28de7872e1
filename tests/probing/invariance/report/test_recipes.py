"""The recipes of the report run as a user would run them, with the smallest settings."""

import json
import runpy
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[4] / "recipes"


def run(name, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(RECIPES / f"{name}.py"), run_name="__main__")
    assert not stop.value.code


def test_a_report_is_printed_and_saved(tmp_path, monkeypatch, capsys):
    options = ("--images", "noise", "--sweep", "shift_x,brightness", "--out", tmp_path)
    run("invariance_report", monkeypatch, "lenet5@random", *options)
    printed = capsys.readouterr().out
    assert "lenet5@random  RANDOM WEIGHTS: 7 layers, 8 images" in printed
    data = json.loads((tmp_path / "invariance_lenet5_random.json").read_text())
    assert [each["family"] for each in data["families"]] == ["shift_x", "brightness"]
    assert (tmp_path / "invariance_lenet5_random_distance.png").stat().st_size > 10_000


def test_the_benchmark_counts_passes(monkeypatch, capsys):
    small = ("--photos", 2, "--values", 3, "--units", 2, "--rounds", 1, "--counts", "2,4")
    layers = ("--memory-layers", "c1")
    run(
        "benchmark_invariance", monkeypatch, "--network", "lenet5@random", *small, *layers, "--json"
    )
    found = json.loads(capsys.readouterr().out)
    assert found["time"]["sweep_passes"] == found["time"]["loop_passes_per_unit"] == 2 * 3
    assert found["time"]["units"] == 6 + 6 + 16 + 16 + 120 + 84 + 10
    assert [row["passes"] for row in found["memory"]] == [2 * 4, 4 * 4]
