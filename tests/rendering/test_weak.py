"""Pictures that show little of their unit say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import plain
from vizkit.cli import main


@pytest.fixture(scope="module")
def quiet_and_loud() -> vizkit.Network:
    """Three channels that look for the same, 1, 0.5 and 0.01 times as strongly."""
    module = nn.Sequential(nn.Conv2d(3, 3, 5, bias=False), nn.ReLU())
    kernel = torch.randn(3, 5, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        module[0].weight.copy_(kernel * torch.tensor([1, 0.5, 0.01]).view(3, 1, 1, 1))
    return plain(module, 32, 3)


def test_a_unit_that_another_one_drowns_is_weak(quiet_and_loud: vizkit.Network) -> None:
    for position in ("", "@7,7"):
        units = [f"0:{channel}{position}" for channel in range(3)]
        pictures = vizkit.render(quiet_and_loud, units, steps=8)
        assert [picture.state for picture in pictures] == ["ok", "ok", "weak"]
        assert "weak" in str(pictures[2]) and "weak" in repr(pictures[2])


def test_a_picture_whose_response_fell_says_so_first(quiet_and_loud: vizkit.Network) -> None:
    (picture,) = vizkit.render(quiet_and_loud, "0:0", steps=2)
    fallen = replace(picture, initial=picture.final + 1)
    assert (picture.state, fallen.state, replace(fallen, dead=True).state) == (
        *("ok", "weaker", "dead"),
    )
    assert b"weaker" in fallen.to_png()


def test_the_command_line_warns(
    quiet_and_loud: vizkit.Network,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("vizkit.networks.load.load", lambda *_, **__: quiet_and_loud)
    source = quiet_and_loud.source
    assert main(["render", f"{source}/0:0-2", "--steps", "8"]) == 0
    done = capsys.readouterr()
    assert f"weak: {source}/0:2: another channel" in done.err
    assert [line.split()[1] for line in done.out.splitlines()] == ["ok", "ok", "weak"]
    assert main(["render", f"{source}/0:0-2", "--steps", "8", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
