"""Every recipe runs, with the smallest settings, as a user would run it."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

import vizkit

RECIPES = Path(__file__).parents[1] / "recipes"
SHORT = (
    *("quickstart", "generate_gallery", "sample_gallery", "image_activations"),
    *("effective_receptive_field", "receptive_field_table", "learned_invariances"),
)
TINY = {
    "lenet5@random": {"c1": "0,2", "c3": "1"},
    "squeezenet1_1@random": {"features.0": "5"},
}


def recipe(name: str) -> ModuleType:
    """Recipe as a module, so that a test can give it something smaller to do."""
    module = ModuleType(name)
    module.__dict__.update(runpy.run_path(str(RECIPES / f"{name}.py"), run_name=name))
    return module


def run(module: ModuleType, monkeypatch, *arguments: object):
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    return module.main()


@pytest.mark.parametrize("name", SHORT)
def test_short_and_public(name):
    text = (RECIPES / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 60
    assert not re.search(r"(import|\w\.) ?_[a-z]", text)
    assert f"python recipes/{name}.py" in text.split('"""')[1]


def test_quickstart_saves_a_contact_sheet(tmp_path):
    out = tmp_path / "sheet.png"
    arguments = ["--network", "lenet5@random", "--layer", "c3", "--channels", "0-3"]
    # In a process of its own: the one recipe that shows that `python recipes/...` works as it is.
    done = subprocess.run(
        [sys.executable, RECIPES / "quickstart.py", *arguments, "--steps", "1", "--out", out],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(RECIPES.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("lenet5@random/c3:") == 4
    with Image.open(out) as image:
        assert len(np.unique(np.array(image.convert("L")))) > 50


def test_generate_gallery_and_then_nothing_to_do(tmp_path, monkeypatch, capsys):
    module = recipe("generate_gallery")
    monkeypatch.setitem(module.main.__globals__, "WANTED", TINY)
    assert run(module, monkeypatch, tmp_path / "out", "--steps", 1) == 0
    first = capsys.readouterr()
    index = tmp_path / "out" / "index.html"
    assert first.out.rstrip().endswith(f"Open {index}")
    assert "left  lenet5@random/c1:0" in first.err
    assert index.is_file()
    assert run(module, monkeypatch, tmp_path / "out", "--steps", 1) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_generate_gallery_asks_for_what_it_says(monkeypatch):
    wanted = recipe("generate_gallery").WANTED
    numbers = {
        source: {layer: [int(n) for n in text.split(",")] for layer, text in layers.items()}
        for source, layers in wanted.items()
    }
    google = numbers["googlenet@distilled"]
    assert len(google) == 11
    # Branches of torchvision's GoogLeNet, as its constructor states them.
    widths = {
        "3a": (64, 128, 32, 32),
        "3b": (128, 192, 96, 64),
        "4a": (192, 208, 48, 64),
        "4b": (160, 224, 64, 64),
        "4c": (128, 256, 64, 64),
        "4d": (112, 288, 64, 64),
        "4e": (256, 320, 128, 128),
        "5a": (256, 320, 128, 128),
        "5b": (384, 384, 128, 128),
    }
    for block, branches in widths.items():
        ends = np.cumsum(branches)
        found = np.searchsorted(ends, google[f"inception{block}"], side="right")
        assert np.bincount(found, minlength=4).tolist() == [2, 2, 2, 2], block
    assert len(google["conv2"]) == len(google["conv3"]) == 8
    vgg = {layer: len(found) for layer, found in numbers["vgg16@hed"].items()}
    assert len(vgg) == 13
    assert all(count == (2 if layer.startswith("conv5") else 4) for layer, count in vgg.items())
    assert len(numbers["efficientnet_lite0@imagenet"]["logits"]) == 8


def test_sample_gallery_starts_anew_and_keeps_no_log(tmp_path, monkeypatch, capsys):
    module = recipe("sample_gallery")
    monkeypatch.setitem(module.main.__globals__, "WANTED", {"lenet5@random": {"c1": "0"}})
    monkeypatch.setitem(module.main.__globals__, "PICTURED", {"c1"})
    (tmp_path / "README.md").write_text("stays")
    for _ in range(2):
        with pytest.raises(SystemExit) as stop:
            run(module, monkeypatch, tmp_path, "--steps", 1)
        assert not stop.value.code
        assert "0 failed" in capsys.readouterr().out
    assert (tmp_path / "README.md").read_text() == "stays"
    assert (tmp_path / "index.html").is_file()
    assert not (tmp_path / "log").exists()


def test_image_activations_of_a_photograph(tmp_path, monkeypatch, capsys):
    photo = tmp_path / "photo.png"
    generator = np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(photo)
    module = recipe("image_activations")
    out = tmp_path / "maps"
    run(module, monkeypatch, photo, "--network", "lenet5@random", "--layers", "c1,c3", "--out", out)
    printed = capsys.readouterr().out
    assert printed.count("%  ") == 5
    assert "c1 (1, 6, 28, 28) strongest:" in printed
    assert sorted(path.name for path in out.iterdir()) == ["c1.png", "c3.png"]


def test_effective_receptive_field_of_trained_and_random_weights(tmp_path, monkeypatch, capsys):
    module = recipe("effective_receptive_field")
    run(module, monkeypatch, "lenet5@random", "--images", 2, "--out", tmp_path)
    printed = capsys.readouterr().out
    assert re.search(r"^c3 +14 +100%", printed, re.MULTILINE)
    assert "log-log slope" in printed
    saved = sorted(path.name for path in tmp_path.iterdir())
    assert saved == ["field_lenet5_random.png", "growth_lenet5_random.png"]


def test_receptive_field_table_of_two_networks(tmp_path, monkeypatch, capsys):
    module = recipe("receptive_field_table")
    run(module, monkeypatch, "lenet5", "alexnet", "--out", tmp_path)
    *_, lenet, alexnet = capsys.readouterr().out.splitlines()
    # LeCun et al. count 60,000 parameters; multiply-adds are their connections without biases and
    # subsampling. Krizhevsky's conv5 sees 163 pixels.
    assert lenet == (
        "| lenet5 | 32 x 32 | C5 | 32 | 4 | 0 | 15.5 | 1 of 1 | 60,000 | 326,520 | 0.2 MiB |"
    )
    assert alexnet.startswith("| alexnet | 224 x 224 | conv5 | 163 | 16 | 66 | 15 | 0 of 169 |")
    assert (tmp_path / "receptive_field_table.md").read_text().endswith(f"{alexnet}\n")
    with Image.open(tmp_path / "receptive_field_growth.png") as image:
        assert image.width > 1000


def test_benchmark_without_a_peer(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(RECIPES))
    module = recipe("benchmark_rendering")
    monkeypatch.setitem(module.main.__globals__, "CANVAS", 32)
    monkeypatch.setitem(module.main.__globals__, "ENLARGED", 64)
    monkeypatch.setitem(module.main.__globals__, "MATRIX", 64)
    arguments = ["--rounds", 1, "--steps", 4, "--layers", "conv1"]
    run(module, monkeypatch, *arguments, "--json")
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    assert row["ours"] > 0 and row["enlarged"] > 0
    # 7 x 7 convolution of 3 to 64 channels, stride 2, forward and back to the image; the view is
    # the canvas and its frame.
    view = 32 + 2 * vizkit.Recipe().pad
    for kind, side in (("ours", view), ("enlarged", 64)):
        assert row[f"{kind} operations"] == 2 * 2 * (side // 2) ** 2 * 64 * 3 * 7 * 7
    assert row["ours share"] == pytest.approx(
        row["ours"] * row["ours operations"] / found["matrix rate"][f"torch.{found['dtype']}"]
    )
    run(module, monkeypatch, *arguments)
    assert "conv1" in capsys.readouterr().out


def test_benchmark_can_show_where_the_time_goes(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(RECIPES))
    module = recipe("benchmark_rendering")
    monkeypatch.setitem(module.main.__globals__, "CANVAS", 32)
    run(module, monkeypatch, "--steps", 4, "--profile", "conv1")
    assert "convolution" in capsys.readouterr().out


def test_benchmark_says_when_its_rounds_disagree(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPES))
    table = recipe("benchmark_rendering").table
    found = {"torch": "2", "threads": 2, "device": "cpu", "dtype": "float32", "rows": []}
    found["matrix rate"] = {"torch.float32": 1e11, "torch.bfloat16": 2e11}
    steady = table({**found, "rates": {"inception3a ours": [100.0, 110.0, 120.0]}})
    assert "100.0 to    120.0" in steady and "UNSTEADY" not in steady
    shaken = table({**found, "rates": {"inception3a ours": [70.0, 72.0, 200.0]}})
    assert "UNSTEADY" in shaken and "Repeat." in shaken


def test_benchmark_of_receptive_fields_without_a_peer(monkeypatch, capsys):
    module = recipe("benchmark_receptive_field")
    monkeypatch.setitem(module.main.__globals__, "NETWORKS", ("alexnet",))
    monkeypatch.setenv("PYTHONPATH", str(RECIPES.parent))
    run(module, monkeypatch, "--rounds", 1, "--json")
    (row,) = json.loads(capsys.readouterr().out)["alexnet"]["ours"]
    assert row["first_s"] > 0 and row["again_s"] > 0 and row["mib"] >= 0
    assert row["exact"] + row["whole"] == row["rows"] > 20
    steady = {"alexnet": {"ours": [row, row], "peer": [{**row, "first_s": 5 * row["first_s"]}]}}
    printed = module.table(steady)
    assert "5.0 times faster, 1.0 again" in printed and "UNSTEADY" not in printed


def test_dead_units_are_counted_and_the_others_judged(monkeypatch, capsys):
    module = recipe("dead_units")
    arguments = ["lenet5@random", "--layers", "c1,c3", "--channels", "0-3", "--steps", 2]
    run(module, monkeypatch, *arguments, "--json")
    found = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in found["layers"]] == ["c1", "c3"]
    assert (found["network"], found["channels"]) == ("lenet5@random", 8)
    assert found["dead"] == sum(len(row["dead"]) for row in found["layers"])
    assert all(0 <= row["clipped"] <= 1 and 0 < row["span"] <= 1 for row in found["layers"])
    run(module, monkeypatch, *arguments)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("c1: 0 of 4 dead, 0 rescued; at most 0.0% of a picture clipped")
    assert printed[2] == "lenet5@random: 0 of 8 channels dead (0.0%)"


def test_contrast_of_pictures():
    module = recipe("dead_units")
    stripes = np.zeros((10, 20, 3), np.uint8)
    stripes[:, ::2] = (0, 255, 51)
    # Luminance of green and a fifth of blue, by Rec. 709.
    assert module.span(stripes) == pytest.approx(0.7152 + 0.0722 / 5)
    assert module.clipped(stripes) == pytest.approx(5 / 6)
    gray = np.full((10, 10, 1), 128, np.uint8)
    gray[0, 0] = 255  # a single pixel in a hundred is the 99th percentile's end, and no contrast
    assert module.span(gray) < 0.01
    assert module.clipped(gray) == 0.01


def test_a_layer_whose_channels_are_all_dead_has_no_pictures_to_judge(monkeypatch):
    module = recipe("dead_units")
    net = vizkit.load("lenet5@random")
    with torch.no_grad():
        net.module.get_submodule(net.layer("c1").name).weight.zero_()
        net.module.get_submodule(net.layer("c1").name).bias.fill_(-1)
    row = module.examine(net, "c1", "0-1", vizkit.Recipe(steps=1, rescues=0))
    assert row["dead"] == ["lenet5@random/c1:0", "lenet5@random/c1:1"]
    assert (row["clipped"], row["span"]) == (None, None)
    assert module.sentence(row).startswith("c1: 2 of 2 dead; ")


def test_learned_invariances_are_printed_and_drawn(monkeypatch, capsys, tmp_path):
    module = recipe("learned_invariances")
    arguments = ["squeezenet1_1@random/features.0:5", "--pool", "features.2:5@20,20"]
    arguments += ["--count", 2, "--steps", 2, "--render-steps", 4, "--out", tmp_path]
    run(module, monkeypatch, *arguments)
    printed = capsys.readouterr().out
    assert "<Diverse squeezenet1_1@random/features.0:5: 2 of 2 images" in printed
    assert "<Walk squeezenet1_1@random/features.0:5: 3 frames" in printed
    assert "<Carriers over shift_x, max of 9: " in printed
    names = {"diverse.png", "walk.png", "carriers.png", "walk.gif"}
    assert {each.name for each in tmp_path.iterdir()} == names
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert image.width > 90
