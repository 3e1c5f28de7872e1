"""The benchmark of pictures, tried out on a small network."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

import vizkit

RECIPE = Path(__file__).parents[2] / "recipes" / "benchmarks" / "benchmark_quality.py"


def test_rows_table_and_plot_and_going_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = runpy.run_path(str(RECIPE))
    arguments = ["--out", str(tmp_path), "--networks", "lenet5@digits", "--steps", "2"]
    tried = {name: module["RECIPES"][name] for name in (module["BEFORE"], "1/f^1.3, wide")}
    module["main"](arguments, tried=tried)
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    whats = {row.get("recipe") or row["control"] for row in rows}
    assert whats == {*tried, *module["CONTROLS"]}
    assert len(rows) == 2 * 2 * len(whats)
    assert "1/f^1.3, wide" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "response.png").stat().st_size > 10_000
    (tmp_path / "rows.jsonl").write_text("\n".join(lines[:-3]) + "\n")
    module["main"](arguments, tried=tried)
    again = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert [json.loads(line).get("control") for line in again[-3:]] == [
        json.loads(line).get("control") for line in lines[-3:]
    ]
    assert len(again) == len(lines)


def test_the_halves_of_the_sample_share_no_unit() -> None:
    module = runpy.run_path(str(RECIPE))
    network = vizkit.load("googlenet@distilled")
    for layer in (*module["CHANNELS"]["googlenet@distilled"], "logits"):
        halves = [set(module["units"](network, layer, half)) for half in ("choose", "confirm")]
        assert not halves[0] & halves[1]
        assert all(len(half) == module["PER_LAYER"] for half in halves)


def test_the_rule_takes_the_best_in_rank_of_those_that_keep_the_response() -> None:
    module = runpy.run_path(str(RECIPE))
    before, strong, weak = module["BEFORE"], "1/f^1.3, narrow", "1/f^1.5, wide"
    of = {
        before: {"response": 10.0, "robustness.blur": 0.2, "path": 0.3, "spectrum.distance": 0.3},
        strong: {"response": 9.6, "robustness.blur": 0.4, "path": 0.5, "spectrum.distance": 0.2},
        weak: {"response": 9.0, "robustness.blur": 0.9, "path": 0.9, "spectrum.distance": 0.1},
    }
    found = [
        {"network": "n", "layer": layer, "kind": "deep", "half": "choose", "recipe": name} | row
        for layer in ("a", "b", "c")
        for name, row in of.items()
    ]
    found.append({"network": "n", "layer": "a", "kind": "deep", "half": "choose", "control": "x"})
    assert module["choice"](found, "deep", "choose") == (strong, {before: 2.0, strong: 1.0})
    assert module["choice"](found, "early", "choose") == (None, {})


def test_the_guide_says_what_the_defaults_and_the_metrics_say() -> None:
    from vizkit.evidence.metric import METRICS
    from vizkit.rendering.defaults import DEFAULTS

    guide = (RECIPE.parents[1] / "guides" / "picture_quality.md").read_text()
    recipes = runpy.run_path(str(RECIPE))["RECIPES"]
    for kind, default in DEFAULTS.items():
        (row,) = [line for line in guide.splitlines() if line.startswith(f"| {kind} | choose | **")]
        chosen = {"steps": 128} | recipes[row.split("**")[1]]
        assert {name: default[name] for name in chosen} == chosen
    for metric in map(METRICS.__getitem__, METRICS):
        assert metric.says in guide and metric.wrong_if in guide
