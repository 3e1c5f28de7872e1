"""Every benchmark runs, with the smallest settings."""

import json

import pytest

import vizkit
from tests.recipes import RECIPES, recipe, run
from vizkit.rendering.length import in_pixels


def test_benchmark_without_a_peer(monkeypatch, capsys):
    module = recipe("benchmark_rendering")
    monkeypatch.setattr(module, "CANVAS", 32)
    monkeypatch.setattr(module, "ENLARGED", 64)
    monkeypatch.setattr(module, "MATRIX", 64)
    arguments = ["--rounds", 1, "--steps", 4, "--layers", "conv1"]
    run(module, *arguments, "--json")
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    assert row["ours"] > 0 and row["enlarged"] > 0
    # 7 x 7 convolution of 3 to 64 channels, stride 2, forward and back to the image; the view is
    # the canvas and its frame.
    view = 32 + 2 * round(in_pixels(vizkit.Recipe().pad, (32, 32)))
    for kind, side in (("ours", view), ("enlarged", 64)):
        assert row[f"{kind} operations"] == 2 * 2 * (side // 2) ** 2 * 64 * 3 * 7 * 7
    assert row["ours share"] == pytest.approx(
        row["ours"] * row["ours operations"] / found["matrix rate"][f"torch.{found['dtype']}"]
    )
    run(module, *arguments)
    assert "conv1" in capsys.readouterr().out


def test_benchmark_can_show_where_the_time_goes(monkeypatch, capsys):
    module = recipe("benchmark_rendering")
    monkeypatch.setattr(module, "CANVAS", 32)
    run(module, "--steps", 4, "--profile", "conv1")
    assert "convolution" in capsys.readouterr().out


def test_benchmark_says_when_its_rounds_disagree():
    table = recipe("benchmark_rendering").table
    found = {"torch": "2", "threads": 2, "device": "cpu", "dtype": "float32", "rows": []}
    found["matrix rate"] = {"torch.float32": 1e11, "torch.bfloat16": 2e11}
    steady = table({**found, "rates": {"inception3a ours": [100.0, 110.0, 120.0]}})
    assert "100.0 to    120.0" in steady and "UNSTEADY" not in steady
    shaken = table({**found, "rates": {"inception3a ours": [70.0, 72.0, 200.0]}})
    assert "UNSTEADY" in shaken and "Repeat." in shaken


def test_benchmark_of_receptive_fields_without_a_peer(monkeypatch, capsys):
    module = recipe("benchmark_receptive_field")
    monkeypatch.setenv("PYTHONPATH", str(RECIPES.parent))
    run(module, "--networks", "alexnet", "--rounds", 1, "--json")
    (row,) = json.loads(capsys.readouterr().out)["alexnet"]["ours"]
    assert row["first_s"] > 0 and row["again_s"] > 0 and row["mib"] >= 0
    assert row["exact"] + row["whole"] == row["rows"] > 20
    steady = {"alexnet": {"ours": [row, row], "peer": [{**row, "first_s": 5 * row["first_s"]}]}}
    printed = module.table(steady)
    assert "5.0 times faster, 1.0 again" in printed and "UNSTEADY" not in printed


def test_the_benchmark_counts_passes(capsys):
    small = ("--photos", 2, "--values", 3, "--units", 2, "--rounds", 1, "--counts", "2,4")
    layers = ("--memory-layers", "c1")
    module = recipe("benchmark_invariance")
    run(module, "--network", "lenet5@random", *small, *layers, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["time"]["sweep_passes"] == found["time"]["loop_passes_per_unit"] == 2 * 3
    assert found["time"]["units"] == 6 + 6 + 16 + 16 + 120 + 84 + 10
    assert [row["passes"] for row in found["memory"]] == [2 * 4, 4 * 4]


def test_two_trees_in_turns(capsys):
    module = recipe("interleaved")
    tree = RECIPES.parent
    arguments = [tree, tree, "--rounds", 2, "--only", "import"]
    run(module, *arguments, "--json")
    (pairs,) = json.loads(capsys.readouterr().out).values()
    assert [len(pair) for pair in pairs] == [2, 2]
    assert all(one["seconds"] > 0 and one["memory"] > 1 for pair in pairs for one in pair)
    equal, slower = {"seconds": 1.0, "memory": 100.0}, {"seconds": 1.5, "memory": 102.0}
    printed = module.table({"import": [[equal, slower]] * 3})
    seconds, memory = printed.splitlines()[1:]
    assert "1.500" in seconds and "more than 3 % above" in seconds
    assert "1.020" in memory and "above" not in memory
