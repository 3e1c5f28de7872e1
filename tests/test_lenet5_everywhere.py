"""LeNet-5, of one channel and 32 x 32 pixels, goes through the whole toolkit."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import vizkit
from vizkit import plots
from vizkit.cli import main
from vizkit.receptive_fields import effective_field, growth

MAPS = ["c1", "s2", "c3", "s4"]
LAYERS = [*MAPS, "c5", "f6", "logits"]
QUICK = vizkit.Recipe(steps=4)


@pytest.fixture(scope="module")
def network() -> vizkit.Network:
    return vizkit.load("lenet5")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four digits, as a user has them."""
    folder = tmp_path_factory.mktemp("digits")
    images, classes = vizkit.digits(held_out=True)
    for image, number in zip(images[:4, 0], classes.tolist(), strict=False):
        Image.fromarray((image * 255).round().byte().numpy()).save(folder / f"{number}.png")
    return folder


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command prints to stdout."""
    assert main([*map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_layers(capsys: pytest.CaptureFixture[str]) -> None:
    layers = {
        each["name"]: each for each in json.loads(asked(capsys, "layers", "lenet5", "--json"))
    }
    assert layers["c3"]["shape"] == [16, 10, 10]
    assert layers["output"]["aliases"] == ["logits"]
    assert vizkit.load("lenet5").default_layers() == ("c1", "c3", "c5")


def test_receptive_fields_that_agree_with_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "rf", "lenet5", "--verify", "--quiet")
    fields = vizkit.receptive_field("lenet5")
    # Kernels of 5 and subsampling by 2, by r' = r + (k - 1) j.
    sides = {"c1": 5, "s2": 6, "c3": 14, "s4": 16, "c5": 32, "f6": 32}
    assert {name: fields[name].size[0] for name in sides} == sides


def test_pictures_of_every_layer(network: vizkit.Network) -> None:
    units = [f"{layer}:0-1" for layer in ("c1", "s2", "c3", "s4", "c5", "f6", "logits")]
    pictures = vizkit.render(network, [*units, "c3:7@4,4"], recipe=QUICK)
    assert len(pictures) == 15
    for each in pictures:
        assert each.image.shape == (1, 32, 32)
        assert math.isfinite(each.final)
    assert plots.contact_sheet(pictures).axes


def test_a_picture_is_read_as_its_digit(network: vizkit.Network) -> None:
    recipe = vizkit.Recipe(steps=48, dtype="float32")
    pictures = vizkit.render(network, "logits:1,4,7", recipe=recipe)
    with torch.no_grad():
        scores = network(torch.stack([each.image for each in pictures]))
    assert scores.argmax(1).tolist() == [1, 4, 7]


def test_a_gallery(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = ("gallery", "run", "lenet5", "--channels", "0-3", "--steps", 2, "--out", tmp_path)
    assert asked(capsys, *run).endswith("index.html\n")
    found = json.loads(asked(capsys, "gallery", "status", tmp_path, "--json"))
    assert found["failed"] == found["pending"] == 0
    assert found["done"] >= 12
    page = (tmp_path / "lenet5~adigits" / "c3" / "1.html").read_text()
    assert "of the 32 × 32 input" in page


def test_activations_of_a_digit(
    capsys: pytest.CaptureFixture[str], files: Path, tmp_path: Path
) -> None:
    given = ("activations", files / "4.png", "lenet5", "--layers", ",".join(LAYERS[:-1]))
    record = json.loads(asked(capsys, *given, "--json", "--out", tmp_path))
    assert record["classes"][0]["name"] == "4"
    for layer in LAYERS[:-1]:
        with Image.open(tmp_path / f"{layer}.png") as strip:
            assert strip.height >= 128


def test_tuning_curves_of_digits(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    units = ("lenet5/c3:0-3", "lenet5/logits:0-9")
    given = ("probe", *units, "--images", files, "--sweep", "rotation", "--json", "--quiet")
    curves = json.loads(asked(capsys, *given))
    assert [each["address"] for each in curves][-1] == "lenet5@digits/logits:9"
    assert all(np.isfinite(each["response"]).all() for each in curves)
    asked_set = ("probe", "lenet5/c3:0", "--images", "digits", "--values", "0:90:2", "--json")
    assert json.loads(asked(capsys, *asked_set))[0]["images"] == 40


def test_a_six_upside_down_is_a_nine(network: vizkit.Network) -> None:
    six, nine = vizkit.tuning(network, "logits:6,9", "rotation", images="digits", values=(0, 180))
    assert six.images == nine.images == 40
    with torch.no_grad():
        images, classes = vizkit.digits(held_out=True)
        sixes = images[:40][classes[:40] == 6]
        turned = network(torch.rot90(sixes, 2, (2, 3))).argmax(1)
    assert (turned == 9).any()


def test_invariance_and_equivariance(network: vizkit.Network) -> None:
    found = vizkit.invariance(network, LAYERS, "rotation", images="digits", values=(0, 15, 30))
    assert list(found.layers) == LAYERS
    assert plots.invariance_depth(found).axes
    moved = vizkit.equivariance(network, MAPS, "translation", images="digits", values=(0, 4))
    assert len(moved.layers) == len(MAPS)


def test_families_and_learned_invariances(network: vizkit.Network) -> None:
    assert vizkit.families(network, "c1", draws=19).layer == "c1"
    carried = vizkit.carriers(network, "c3:0-15", images="digits", values=(0, 90, 180, 270))
    assert "max of 16" in repr(carried)
    diverse = vizkit.diverse("lenet5/c3:7", count=2, recipe=vizkit.Recipe(steps=24))
    assert "2 of 2 images" in repr(diverse)
    assert vizkit.walk("lenet5/c3:7", steps=2, recipe=QUICK).frames.shape[1:] == (1, 32, 32)


def test_effective_fields(network: vizkit.Network) -> None:
    grown = growth(network, [*MAPS, "c5"], images="digits")
    assert plots.growth_curves(grown).axes
    assert effective_field(network, "c5", images="digits").map.shape == (32, 32)


def test_digits_are_a_set_of_images_for_every_network() -> None:
    gray = vizkit.load("lenet5").images("digits").tensor()
    assert torch.equal(gray, vizkit.digits(held_out=True)[0][:40])
    color = vizkit.load("squeezenet1_1@random").images("digits", (64, 64)).tensor()
    assert color.shape == (40, 3, 64, 64)
    assert torch.equal(color[:, 0], color[:, 2])


def test_digits_are_loaded_when_asked_for() -> None:
    code = "import sys, vizkit; vizkit.load('lenet5'); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
