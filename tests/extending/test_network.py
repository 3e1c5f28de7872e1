"""A stranger's network: one file outside of the package, known by its name like ours."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import vizkit
from tests.extending import installed
from vizkit.cli import main
from vizkit.errors import UsageError
from vizkit.networks import Blueprint, register
from vizkit.networks.registry import NETWORKS

CODE = '''
"""A bank of bars in four directions, which nobody trained, and maps that mix them."""

import math

import torch
from torch import nn

from vizkit.networks import Blueprint, Preprocessing


class Bars(nn.Module):
    def __init__(self):
        super().__init__()
        self.bank = nn.Conv2d(1, 4, 7, stride=2, padding=3, bias=False)
        self.relu = nn.ReLU()
        self.mixed = nn.Conv2d(4, 6, 3)
        y, x = torch.meshgrid(torch.arange(-3.0, 4), torch.arange(-3.0, 4), indexing="ij")
        for number, filter in enumerate(self.bank.weight.data):
            angle = number * math.pi / 4
            filter[0] = torch.cos(x * math.cos(angle) + y * math.sin(angle)) / 7

    def forward(self, images):
        return self.mixed(self.relu(self.bank(images)))


GRAY = Preprocessing((0.5,), (0.25,), (32, 32))
BLUEPRINTS = (Blueprint("bars", "bank", Bars, GRAY), Blueprint("bars", "random", Bars, GRAY))
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with all that the stranger wrote, and what pip makes of it."""
    installed.install(tmp_path / "site", "bars", CODE, "vizkit.networks", "bars = bars:BLUEPRINTS")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "bars.py").write_text(CODE)
    yield tmp_path / "site"
    sys.modules.pop("bars", None)
    NETWORKS.remove("bars")


def test_all_of_it_is_short() -> None:
    assert len(CODE.strip().splitlines()) < 60


def test_a_network_registered_by_a_call(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rf", "bars", "--json"]) == 2
    assert "'bars' is not a network that vizkit knows" in capsys.readouterr().err

    register(*importlib.import_module("bars").BLUEPRINTS)
    assert main(["models", "bars", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["default"]) == ("bars", "bank")
    assert [each["tag"] for each in listed["weights"]] == ["bank", "random"]

    assert main(["rf", "bars", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["layers"]}
    assert (rows["bank"]["size"], rows["bank"]["stride"]) == ([7, 7], [2, 2])
    assert (rows["mixed"]["size"], rows["mixed"]["padding"]) == ([11, 11], [3, 3])

    out = tmp_path / "out"
    command = ["render", "bars/bank:1", "--steps", "4", "--dtype", "float32", "--json", "--quiet"]
    assert main([*command, "--out", str(out)]) == 0
    (picture,) = json.loads(capsys.readouterr().out)
    assert picture["address"] == "bars@bank/bank:1" and picture["final"] > picture["initial"]
    assert Path(picture["file"]).is_file()


def test_a_network_that_is_installed(folder: Path) -> None:
    layers = json.loads(installed.vizkit(folder, "layers", "bars", "--json"))
    assert [(each["name"], each["shape"]) for each in layers] == [
        ("bank", [4, 16, 16]),
        ("relu", [4, 16, 16]),
        ("mixed", [6, 14, 14]),
    ]


def test_weights_are_those_that_were_made_or_random(folder: Path) -> None:
    theirs = importlib.import_module("bars")
    register(*theirs.BLUEPRINTS)
    made, drawn = vizkit.load("bars"), vizkit.load("bars@random")
    assert torch.equal(made.module.bank.weight, theirs.Bars().bank.weight)
    assert (made.source, made.weights.random) == ("bars@bank", False)
    assert (drawn.source, drawn.weights.random) == ("bars@random", True)
    assert not torch.equal(made.module.bank.weight, drawn.module.bank.weight)
    again = vizkit.load("bars")
    assert torch.equal(made.module.mixed.weight, again.module.mixed.weight)
    assert made.weights == again.weights


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), "blueprints of nothing"),
        (("one", "two"), "blueprints of 'one', 'two'"),
        (("my net",), "blueprints of 'my net'"),
        (("lenet5",), "the network 'lenet5' is there twice: built in, and registered by a call"),
    ],
)
def test_what_cannot_be_registered(names: tuple[str, ...], text: str) -> None:
    gray = vizkit.Preprocessing((0.5,), (0.25,), (8, 8))
    with pytest.raises(UsageError, match=text):
        register(*(Blueprint(name, "random", torch.nn.Identity, gray) for name in names))
