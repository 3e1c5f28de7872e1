"""The tables of networks and layers say what the networks say, and spare their import."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import torch

from makers import known_networks
from vizkit.errors import NetworkNotFoundError
from vizkit.networks import asked, inventory, known, registry, torchvision_networks
from vizkit.networks.outline import layers_of
from vizkit.networks.weights import hub

QUICK = ("googlenet@distilled", "vgg16@hed", "lenet5@digits", "resnet18@imagenet")


@pytest.mark.parametrize("source", QUICK)
def test_layers_are_those_of_the_network(source: str) -> None:
    assert known.layers(source) == layers_of(source)


@pytest.mark.slow
def test_layers_of_all_are_those_of_the_networks() -> None:
    for file, text in known_networks.layers().items():
        assert (known_networks.TABLES / file).read_text("utf-8") == text


@pytest.mark.skipif(known.of_torchvision() is None, reason="the tables are of other versions")
def test_networks_are_those_of_the_libraries() -> None:
    assert json.loads((known_networks.TABLES / "networks.json").read_text("utf-8")) == json.loads(
        json.dumps(known_networks.networks())
    )


@pytest.fixture
def other_versions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.1")
    known._table.cache_clear()
    yield
    known._table.cache_clear()


def test_with_other_versions_the_libraries_are_asked(other_versions: None) -> None:
    assert known.of_torchvision() is None and known.of_timm() is None
    assert registry.tags("lenet5") == ("digits", "random")
    assert torchvision_networks.names() == torchvision_networks.listed()
    assert {each.source for each in inventory.holdings("vgg16")} >= {"vgg16@hed"}
    with pytest.raises(NetworkNotFoundError, match="Did you mean 'googlenet'"):
        asked.check_network("googelnet")


def test_files_are_where_torch_keeps_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variables in ({}, {"TORCH_HOME": str(tmp_path)}, {"XDG_CACHE_HOME": str(tmp_path / "x")}):
        for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        expected = Path(torch.hub.get_dir()) / "checkpoints"
        with monkeypatch.context() as patch:
            patch.delitem(sys.modules, "torch")
            assert hub.folder() == expected


COMMANDS = [
    ["models"],
    ["weights", "list"],
    ["layers", "googlenet"],
    ["render", "googelnet/inception4c:1"],
    ["render", "googlenet/inception4x:1"],
    ["render", "vgg16@hedd/conv1_1:0"],
    ["render", "timm:resnet26x/layer1:0"],
    ["probe", "googelnet/inception4c:1"],
    ["examples", "googelnet/inception4c:1"],
    ["circuit", "googelnet/inception4c:1"],
    ["attribute", "googelnet/inception4c:1", "cat.jpg"],
    ["gallery", "run", "resnet26d", "--out", "g"],
    ["gallery", "run", "vgg16", "--layers", "conv9_9", "--out", "g"],
    ["activations", "cat.jpg", "googelnet"],
    ["rf", "googelnet"],
    ["layers", "lenet6"],
    [],
]


@pytest.mark.skipif(known.of_torchvision() is None, reason="the tables are of other versions")
def test_lists_and_typing_errors_import_nothing_heavy() -> None:
    code = (
        "import io, sys, json; from contextlib import *; from vizkit.cli import main\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):\n"
        "        main(command)\n"
        "    heavy = {'torch', 'torchvision', 'timm', 'matplotlib'} & sys.modules.keys()\n"
        "    assert not heavy, (command, heavy)"
    )
    subprocess.run([sys.executable, "-c", code, json.dumps(COMMANDS)], check=True)
