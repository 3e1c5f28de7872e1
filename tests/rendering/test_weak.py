"""Pictures that show little of their unit say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import vizkit
from vizkit.cli import main

NETWORK = """
import torch
import vizkit
from torch import nn

def make():
    module = nn.Sequential(nn.Conv2d(3, 3, 5, bias=False), nn.ReLU())
    kernel = torch.randn(3, 5, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        module[0].weight.copy_(kernel * torch.tensor([1, 0.5, 0.01]).view(3, 1, 1, 1))
    as_it_is = vizkit.Preprocessing((0.0,) * 3, (1.0,) * 3, (32, 32))
    return vizkit.load(module, preprocessing=as_it_is)
"""
"""Three channels that look for the same, 1, 0.5 and 0.01 times as strongly."""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    # Seeds go by the address, so that it must not hold a folder of its own for every run.
    monkeypatch.chdir(tmp_path)
    Path("quiet.py").write_text(NETWORK)
    return "quiet.py:make"


@pytest.fixture
def quiet_and_loud(source: str) -> vizkit.Network:
    return vizkit.load(source)


def test_a_unit_that_another_one_drowns_is_weak(quiet_and_loud: vizkit.Network) -> None:
    for position in ("", "@7,7"):
        units = [f"0:{channel}{position}" for channel in range(3)]
        pictures = vizkit.render(quiet_and_loud, units, steps=32)
        assert [picture.state for picture in pictures] == ["ok", "ok", "weak"]
        assert "weak" in str(pictures[2]) and "weak" in repr(pictures[2])


def test_a_picture_whose_response_fell_says_so_first(quiet_and_loud: vizkit.Network) -> None:
    (picture,) = vizkit.render(quiet_and_loud, "0:0", steps=2)
    fallen = replace(picture, initial=picture.final + 1)
    assert (picture.state, fallen.state, replace(fallen, dead=True).state) == (
        *("ok", "weaker", "dead"),
    )
    assert b"weaker" in fallen.to_png()


def test_the_command_line_warns(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", f"{source}/0:0-2", "--steps", "8"]
    assert main(arguments) == 0
    done = capsys.readouterr()
    assert f"weak: {source}" in done.err and "0:2: another channel" in done.err
    assert [" ok " in line for line in done.out.splitlines()] == [True, True, False]
    assert main([*arguments, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
