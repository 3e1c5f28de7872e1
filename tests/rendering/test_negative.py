"""What units like least."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import plain, seeded
from vizkit import Recipe
from vizkit.cli import main
from vizkit.errors import UsageError
from vizkit.rendering import parse_objective

QUICK = Recipe(steps=12, dtype="float32")


@pytest.fixture(scope="module")
def lenet() -> vizkit.Network:
    return vizkit.load("lenet5")


def test_a_negative_is_the_objective_with_a_minus_bit_for_bit(lenet: vizkit.Network) -> None:
    (unit,) = vizkit.render(lenet, "c3:5", negative=True, recipe=QUICK)
    (written,) = vizkit.render(lenet, "-c3:5", recipe=QUICK)
    assert unit.address == "-lenet5@digits/c3:5"
    assert unit.objective == written.objective == "-c3:5"
    assert torch.equal(unit.image, written.image)


def test_it_lowers_what_the_unit_has_before_its_activation(lenet: vizkit.Network) -> None:
    for picture in vizkit.render(lenet, "c3:0-5", negative=True, recipe=QUICK):
        with torch.no_grad(), vizkit.capture(lenet, "c3", after_activation=False) as activations:
            lenet(picture.image[None])
        channel = picture.unit.unit.channel  # type: ignore[attr-defined]
        response = float(activations["c3"][0, channel].mean())
        assert picture.final == pytest.approx(-response, rel=1e-4)
        assert picture.final > picture.initial


def test_neighbors_do_not_matter(lenet: vizkit.Network) -> None:
    together = vizkit.render(lenet, "c3:4-7", negative=True, recipe=QUICK, block_size=4)
    alone = vizkit.render(lenet, "c3:6", negative=True, recipe=QUICK, block_size=4)
    assert torch.equal(together[2].image, alone[0].image)


def test_silence_is_what_a_negative_wants_and_no_rescue_is_tried() -> None:
    """After a ReLU of its own, a unit has nothing below zero."""
    inner = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    network = plain(seeded(nn.Sequential(inner, nn.Conv2d(3, 2, 3))), 16)
    for picture in vizkit.render(network, "0:0-2", negative=True, recipe=QUICK):
        assert picture.attempts == 1 and picture.final <= 0


def test_a_negative_of_a_negative_is_the_unit(lenet: vizkit.Network) -> None:
    unit = parse_objective("c3:5", lenet)
    negative = -unit
    assert -negative == unit


def test_on_the_command_line(
    tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["render", "lenet5/c3:0-1", "--negative", "--steps", "2", "--quiet"]
    assert main([*arguments, "--out", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["address"] for row in rows] == ["-lenet5@digits/c3:0", "-lenet5@digits/c3:1"]
    assert len({row["file"] for row in rows}) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["lenet5/c3:0", "--negative", "--scorecard"],
        ["lenet5", "--objective", "c3:1", "--negative"],
    ],
)
def test_what_does_not_go_together_is_said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", *arguments]) == 2
    assert "--negative" in capsys.readouterr().err
    with pytest.raises(UsageError, match="one objective"):
        vizkit.render("lenet5", "c3:1 + c3:2", negative=True)
