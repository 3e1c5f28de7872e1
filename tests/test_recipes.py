"""Every recipe is short and public, and runs with the smallest settings as a user would run it."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.recipes import RECIPES, recipe, run

TINY = {
    "lenet5@random": {"c1": "0,2", "c3": "1"},
    "squeezenet1_1@random": {"features.0": "5"},
}
NAMES = sorted(path.stem for path in RECIPES.glob("*.py"))


def not_public(text: str) -> list[str]:
    """What a recipe imports of vizkit that no package hands out."""
    hidden = []
    for each in ast.walk(ast.parse(text)):
        if isinstance(each, ast.Import):
            hidden += [n.name for n in each.names if n.name.startswith("vizkit.")]
        elif isinstance(each, ast.ImportFrom) and (each.module or "").split(".")[0] == "vizkit":
            face = getattr(importlib.import_module(each.module), "__all__", ())
            hidden += [f"{each.module}.{n.name}" for n in each.names if n.name not in face]
    return hidden


@pytest.mark.parametrize("name", NAMES)
def test_short_and_public(name):
    text = (RECIPES / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 60
    assert not re.search(r"(import|\w\.) ?_[a-z]", text)
    assert f"python recipes/{name}.py" in text.split('"""')[1]
    assert not_public(text) == []


def test_the_guard_above_would_notice():
    assert not_public("import vizkit\nfrom vizkit.rendering import Recipe") == []
    assert not_public("from vizkit.files import write_text") == ["vizkit.files.write_text"]
    assert not_public("from vizkit.plots.frame import edges") == ["vizkit.plots.frame.edges"]
    assert not_public("import vizkit.cli.flags") == ["vizkit.cli.flags"]


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


def test_generate_gallery_and_then_nothing_to_do(tmp_path, capsys):
    module = recipe("generate_gallery")
    assert run(module, tmp_path / "out", "--steps", 1, wanted=TINY) == 0
    first = capsys.readouterr()
    index = tmp_path / "out" / "index.html"
    assert first.out.rstrip().endswith(f"Open {index}")
    assert "left  lenet5@random/c1:0" in first.err
    assert index.is_file()
    assert run(module, tmp_path / "out", "--steps", 1, wanted=TINY) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_generate_gallery_asks_for_what_it_says():
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


def test_image_activations_of_a_photograph(tmp_path, capsys):
    photo = tmp_path / "photo.png"
    generator = np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(photo)
    module = recipe("image_activations")
    out = tmp_path / "maps"
    run(module, photo, "--network", "lenet5@random", "--layers", "c1,c3", "--out", out)
    printed = capsys.readouterr().out
    assert printed.count("%  ") == 5
    assert "c1 (1, 6, 28, 28) strongest:" in printed
    assert sorted(path.name for path in out.iterdir()) == ["c1.png", "c3.png"]


def test_effective_receptive_field_of_trained_and_random_weights(tmp_path, capsys):
    module = recipe("effective_receptive_field")
    run(module, "lenet5@random", "--images", 2, "--out", tmp_path)
    printed = capsys.readouterr().out
    assert re.search(r"^c3 +14 +100%", printed, re.MULTILINE)
    assert "log-log slope" in printed
    saved = sorted(path.name for path in tmp_path.iterdir())
    assert saved == ["field_lenet5_random.png", "growth_lenet5_random.png"]


def test_receptive_field_table_of_two_networks(tmp_path, capsys):
    module = recipe("receptive_field_table")
    run(module, "lenet5", "alexnet", "--out", tmp_path)
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


def test_learned_invariances_are_printed_and_drawn(capsys, tmp_path):
    module = recipe("learned_invariances")
    arguments = ["squeezenet1_1@random/features.0:5", "--pool", "features.2:5@20,20"]
    arguments += ["--count", 2, "--steps", 2, "--render-steps", 24, "--out", tmp_path]
    run(module, *arguments)
    printed = capsys.readouterr().out
    assert "<Diverse squeezenet1_1@random/features.0:5: 2 of 2 images" in printed
    assert "<Walk squeezenet1_1@random/features.0:5: 3 frames" in printed
    assert "<Carriers over shift_x, max of 9: " in printed
    names = {"diverse.png", "walk.png", "carriers.png", "walk.gif"}
    assert {each.name for each in tmp_path.iterdir()} == names
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert image.width > 90


def test_a_report_is_printed_and_saved(tmp_path, capsys):
    options = ("--images", "noise", "--sweep", "shift_x,brightness", "--out", tmp_path)
    run(recipe("invariance_report"), "lenet5@random", *options)
    printed = capsys.readouterr().out
    assert "lenet5@random  RANDOM WEIGHTS: 7 layers, 8 images" in printed
    data = json.loads((tmp_path / "invariance_lenet5_random.json").read_text())
    assert [each["family"] for each in data["families"]] == ["shift_x", "brightness"]
    assert (tmp_path / "invariance_lenet5_random_distance.png").stat().st_size > 10_000


def test_trained_beside_random(tmp_path, capsys):
    sheet = tmp_path / "deeper" / "sheet.png"
    given = ("lenet5@random", "--layers", "c1,c3", "--channel", 1, "--steps", 1, "--out", sheet)
    run(recipe("trained_beside_random"), *given)
    printed = capsys.readouterr().out
    assert printed.count("lenet5@random/c3:1: ") == 2  # random weights are beside themselves here
    with Image.open(sheet) as image:
        assert len(np.unique(np.array(image.convert("L")))) > 50
