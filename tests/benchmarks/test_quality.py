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
    tried = {name: module["RECIPES"][name] for name in ("1/f, narrow", "1/f^1.3, wide")}
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
