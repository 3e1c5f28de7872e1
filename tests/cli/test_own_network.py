"""A network of somebody's own, from a file, in every command that looks at networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

FILE = """
from torch import nn

import vizkit


def plain():
    return nn.Sequential(nn.Conv2d({channels}, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3))


def ready():
    preprocessing = vizkit.Preprocessing((0.5,) * {channels}, (0.25,) * {channels}, (12, 12))
    return vizkit.load(plain(), preprocessing=preprocessing)
"""
SAID = ("--input", "12x12", "--mean", "0.5", "--std", "0.25")


@pytest.fixture(params=[1, 3])
def net(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "net.py"
    path.write_text(FILE.format(channels=request.param))
    return str(path)


def test_a_plain_module_with_flags_is_one_that_brings_its_preprocessing(
    vizkit: Terminal, net: str
) -> None:
    layers = vizkit("layers", f"{net}:plain", "--json", *SAID)
    assert [row["name"] for row in json.loads(layers.out)] == ["0", "1", "2", "3"]
    assert json.loads(layers.out) == json.loads(vizkit("layers", f"{net}:ready", "--json").out)
    quick = ("--steps", 1, "--json", "--quiet")
    assert vizkit("render", f"{net}:plain/logits:1", *SAID, *quick).code == 0
    assert vizkit("render", f"{net}:ready/logits:1", *quick).code == 0
    probed = vizkit("probe", f"{net}:plain/0:1", "--images", "noise", "--json", "--quiet", *SAID)
    assert probed.code == 0


def test_one_number_per_channel(vizkit: Terminal, net: str) -> None:
    channels = 3 if "(3, 4" in Path(net).read_text() else 1
    each = ",".join(["0.5"] * channels)
    done = vizkit(
        "layers", f"{net}:plain", "--input", f"{channels}x12x12", "--mean", each, "--std", 0.25
    )
    assert done.code == 0
    wrong = vizkit("layers", f"{net}:plain", "--input", "12", "--mean", "0.1,0.2")
    assert wrong.code == 2
    disagree = vizkit("layers", f"{net}:plain", "--input", "4x12x12", "--mean", "0.1,0.2")
    assert "of different numbers of channels" in disagree.err


@pytest.mark.parametrize(
    "command",
    [
        ("layers", "{}:plain"),
        ("render", "{}:plain/0:1"),
        ("gallery", "run", "{}:plain", "--out", "{}.gallery"),
    ],
)
def test_without_flags_it_is_said_what_to_type(
    vizkit: Terminal, net: str, command: tuple[str, ...]
) -> None:
    done = vizkit(*(part.format(net) for part in command))
    assert done.code == 2
    assert "comes without preprocessing" in done.err
    assert "--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --input 224x224" in done.err
    assert "return vizkit.load(module" in done.err


@pytest.mark.parametrize("command", [("layers",), ("render",), ("gallery", "run")])
def test_the_help_says_it(vizkit: Terminal, command: tuple[str, ...]) -> None:
    text = " ".join(vizkit(*command, "--help").out.split())
    assert "returns vizkit.load(module, preprocessing=...), or a plain module" in text
    for flag in ("--mean", "--std", "--input", "--names"):
        assert flag in text


def test_its_gallery_has_named_logits(vizkit: Terminal, net: str, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("cat\ndog\n\nowl\n")
    out = tmp_path / "gallery"
    flags = (*SAID, "--names", names, "--studies", "renders", "--steps", 1, "--quiet")
    done = vizkit("gallery", "run", f"{net}:plain", "--out", out, *flags)
    assert (done.code, done.err) == (0, "")
    (plan,) = (json.loads(path.read_text()) for path in out.glob("*/plan.json"))
    assert {layer["name"]: layer["labels"] for layer in plan["layers"]} == {
        "0": {},
        "logits": {"0": "cat", "1": "dog", "2": "owl"},
    }
    channels = plan["network"]["input"][0]
    assert plan["network"]["preprocessing"]["mean"] == [0.5] * channels
    assert vizkit("gallery", "status", out, "--json").code == 0


def test_mistakes(vizkit: Terminal, net: str, tmp_path: Path) -> None:
    assert "--mean goes with --input" in vizkit("layers", f"{net}:plain", "--mean", 0.5).err
    missing = vizkit("layers", f"{net}:plain", "--input", 12, "--names", tmp_path / "no.txt")
    assert (missing.code, "cannot be read" in missing.err) == (2, True)
    (tmp_path / "few.txt").write_text("cat\ndog\n")
    few = vizkit("layers", f"{net}:plain", "--input", 12, "--names", tmp_path / "few.txt")
    assert "2 names of classes were given, and" in few.err and "has 3 logits" in few.err


def test_without_a_folder_it_is_said_that_nothing_was_saved(vizkit: Terminal) -> None:
    unit = ("render", "lenet5@random/c1:0", "--steps", 1)
    assert "Nothing was saved. Add --out DIR" in vizkit(*unit).err
    assert "Nothing was saved" not in vizkit(*unit, "--quiet").err
