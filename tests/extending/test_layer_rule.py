"""A stranger's layer rule: an operator of one's own, followed exactly instead of probed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.extending import installed
from tests.receptive_fields.ground_truth.every_pixel import influences
from vizkit.cli import main
from vizkit.errors import UsageError
from vizkit.networks import factory
from vizkit.receptive_fields import receptive_field, register_rule
from vizkit.receptive_fields.propagation.rules import RULES

OPERATOR = '''
"""Sums of two columns that lie three apart, as an operator of one's own, in a network."""

import torch
from torch import nn


@torch.library.custom_op("theirs::far_pair", mutates_args=())
def far_pair(x: torch.Tensor) -> torch.Tensor:
    return x[..., :-3] + x[..., 3:]


@far_pair.register_fake
def _(x):
    return x[..., :-3].clone()


class FarPair(nn.Module):
    def forward(self, x):
        return far_pair(x)


def make():
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), FarPair(), nn.MaxPool2d(2)).eval()
'''
RULE = """
from vizkit.receptive_fields.propagation import Reads, single, window


def rule(operation, item):
    source, output = operation.args[0], operation.outputs[item]
    axis = len(source.shape) - 1
    reads = Reads(period=1, advance=1, offsets=((0, 3),))
    pair = window(axis, source.shape[axis], output.shape[axis], reads)
    return single(output.shape, source, [pair])
"""
CALL = """
from vizkit.receptive_fields import register_rule

register_rule("far_pair", rule)
"""
SIZE = ["--input", "1x9x12"]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    RULES.remove("far_pair")


def rows(text: str) -> dict[str, dict]:
    return {row["name"]: row for row in json.loads(text)["layers"]}


def test_all_of_it_is_short() -> None:
    assert len((OPERATOR + RULE + CALL).strip().splitlines()) < 60


def test_a_rule_registered_by_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "probed.py").write_text(OPERATOR)
    assert main(["rf", f"{tmp_path / 'probed.py'}:make", *SIZE, "--json"]) == 0
    assert rows(capsys.readouterr().out)["1"]["status"] == "measured"

    (tmp_path / "exact.py").write_text(OPERATOR + RULE + CALL)
    # The file runs once for the fields and once for the proof: the rule replaces itself.
    net = f"{tmp_path / 'exact.py'}:make"
    assert main(["rf", net, *SIZE, "--json"]) == 0
    row = rows(capsys.readouterr().out)["1"]
    assert (row["status"], row["size"]) == ("exact", [3, 6])
    assert main(["rf", net, *SIZE, "--verify", "--quiet"]) == 0
    assert "VERIFIED" in capsys.readouterr().out


def test_a_rule_that_is_installed(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    group, point = "vizkit.layer_rules", "far_pair = theirs_rule:rule"
    installed.install(folder, "theirs_rule", RULE, group, point)
    (tmp_path / "net.py").write_text(OPERATOR)
    net = f"{tmp_path / 'net.py'}:make"
    assert rows(installed.vizkit(folder, "rf", net, *SIZE, "--json"))["2"]["status"] == "exact"


def test_the_rule_says_what_trying_every_pixel_says(tmp_path: Path) -> None:
    (tmp_path / "exact.py").write_text(OPERATOR + RULE + CALL)
    net = factory.call(f"{tmp_path / 'exact.py'}:make")
    fields = receptive_field(net, (1, 9, 12))
    truth = influences(net, torch.rand(1, 1, 9, 12))
    for layer in ("0", "1", "2"):
        seen = truth[layer, 0]
        for channel, y, x in np.ndindex(*seen.shape[:3]):
            expected = seen[channel, y, x]
            assert np.array_equal(fields.unit(layer, channel, (y, x)).pixels, expected)
    assert fields.unit("1", 0, (4, 4)).density == 1.0
    assert fields["1"].status == "exact"


def test_an_operator_has_one_rule() -> None:
    with pytest.raises(UsageError, match="the layer rule 'convolution' is there twice: built in"):
        register_rule("convolution", lambda operation, item: None)
