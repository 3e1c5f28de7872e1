"""The command line, called within the test's own process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from vizkit.cli import main


@dataclass(frozen=True)
class Done:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands and hands back what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Done:
        self._capsys.readouterr()
        code = main([str(each) for each in arguments])
        output = self._capsys.readouterr()
        return Done(code, output.out, output.err)


@pytest.fixture
def vizkit(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """``vizkit("render", ...)`` gives the exit code, stdout and stderr."""
    return Terminal(capsys)


_OVERFLOWING = """
import torch
from torch import nn

import vizkit


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, x):
        gain = torch.tensor([1.0, 3e38, 1.0, 1.0]).view(1, 4, 1, 1)
        return self.conv(x) * gain * gain


def make():
    preprocessing = vizkit.Preprocessing((0.5,), (0.25,), (16, 20))
    return vizkit.load(nn.Sequential(Body()).eval(), preprocessing=preprocessing)
"""


@pytest.fixture
def overflowing(tmp_path: Path) -> str:
    """A user's network: all weights of layer 0 are finite, but its channel 1 overflows."""
    path = tmp_path / "net.py"
    path.write_text(_OVERFLOWING)
    return f"{path}:make"
