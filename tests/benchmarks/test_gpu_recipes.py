"""The recipes for a GPU, tried out without one."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from vizkit.rendering.robustness import look

RECIPES = Path(__file__).parents[2] / "recipes"
CPU = torch.device("cpu")


def recipe(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(
        runpy.run_path(str(RECIPES / "benchmarks" / f"{name}.py"), run_name=name)
    )
    return module


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    assert module.main() == 0


def test_throughput(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = recipe("gpu_throughput")
    arguments = ["--device", "cpu", "--tiny", "--layers", "conv1", "conv2", "--blocks", 1, 2]
    arguments += ["--profiled", 1, "--whole", 1, "--minutes", 3, "--out", tmp_path]
    run(module, monkeypatch, *arguments)
    printed = capsys.readouterr().out
    found = json.loads((tmp_path / "throughput.json").read_text())
    assert [(row["layer"], row["block"]) for row in found["rates"]] == [
        *(("conv1", 1), ("conv2", 1), ("conv1", 2), ("conv2", 2))
    ]
    assert all(row["rate"] > 0 for row in found["rates"])
    assert len(found["profile"]) == 1 and len(found["whole"]) == 12
    assert sum(row["blocks"] for row in found["whole"]) == 5808
    assert all(row["failed"] == 0 for row in found["whole"])
    assert found["errors"] == []
    assert "GoogLeNet at 512 steps, blocks of 1:" in printed
    assert printed.endswith((tmp_path / "throughput.txt").read_text())


def test_throughput_goes_on_after_an_error_and_ends_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = recipe("gpu_throughput")
    monkeypatch.setitem(module.main.__globals__, "rate", lambda *_: 1 / 0)
    arguments = ["--device", "cpu", "--tiny", "--layers", "conv1", "conv2", "--blocks", 1]
    arguments += ["--profiled", "--out", tmp_path]
    run(module, monkeypatch, *arguments, "--whole", "--minutes", 3)
    assert capsys.readouterr().out.count("NOT DONE: rates ('conv2', 1): ZeroDivisionError") == 1
    run(module, monkeypatch, *arguments, "--minutes", 0)
    printed = capsys.readouterr().out
    assert "NOT DONE: rates conv1, 1: not reached in time" in printed
    assert "NOT DONE: whole conv1, 128: not reached in time" in printed


def test_determinism(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = recipe("gpu_determinism")
    out = tmp_path / "found.json"
    arguments = ["--device", "cpu", "--layers", "conv1", "--block", 2, "--steps", 2]
    run(module, monkeypatch, *arguments, "--out", out)
    printed = capsys.readouterr().out
    assert "FAILED" not in printed
    assert "  conv1, float32: all the same" in printed
    stages = [row["stage"] for row in json.loads(out.read_text())["tables"][0]["rows"]]
    assert stages[0] == "canvas" and stages[-1] == "pictures of 2 steps"


def test_determinism_notices_what_is_not_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = recipe("gpu_determinism")
    names = module.main.__globals__
    monkeypatch.setitem(names, "look", lambda *given: look(*given) + 1e-3 * torch.rand(()))
    run(module, monkeypatch, "--device", "cpu", "--layers", "conv1", "--block", 2, "--steps", 2)
    printed = capsys.readouterr().out
    assert "conv1, float32: view\n" in printed


def test_the_script_says_what_is_lacking(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys._base_executable}" -S -E "$@"\n')
    bare.chmod(0o755)
    done = subprocess.run(
        ["sh", RECIPES / "gpu_check.sh", tmp_path / "out"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "This Python lacks torch, torchvision, numpy, PIL, safetensors" in done.stderr
