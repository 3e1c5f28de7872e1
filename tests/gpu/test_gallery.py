"""A gallery made on the device is whole, says where it was made, and goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vizkit
from tests.gallery.small import bytes_of
from tests.gpu.cuda import DEVICE, ON_CUDA
from vizkit import Recipe
from vizkit.cli import main
from vizkit.gallery import status
from vizkit.gallery.planning import make_plan
from vizkit.gallery.request import Request
from vizkit.gallery.run import run
from vizkit.gallery.store import LOG, Store

pytestmark = ON_CUDA


def make(out: Path, *arguments: str) -> int:
    return main(["gallery", "run", *arguments, "--device", DEVICE, "--out", str(out), "--quiet"])


@pytest.fixture(autouse=True)
def packages() -> None:
    pytest.importorskip("jinja2", reason="pages are made with jinja2")
    pytest.importorskip("skimage", reason="photographs come with scikit-image")


@pytest.mark.parametrize(
    ("source", "layers", "units"),
    [("lenet5@digits", "c1,c3", 10), ("googlenet@distilled", "conv1,conv2", 10)],
)
def test_a_small_gallery_is_complete(tmp_path: Path, source: str, layers: str, units: int) -> None:
    arguments = (source, "--layers", layers, "--channels", "0-4", "--steps", "16")
    assert make(tmp_path, *arguments) == 0
    found = status(tmp_path)
    assert (found.total.planned, found.total.done, found.total.failed) == (units, units, 0)
    assert (tmp_path / "index.html").is_file()
    heads = [json.loads(each.read_text().splitlines()[0]) for each in (tmp_path / LOG).glob("*l")]
    assert [each["device"].partition(":")[0] for each in heads] == [DEVICE]
    before = bytes_of(tmp_path)
    assert make(tmp_path, *arguments) == 0
    assert bytes_of(tmp_path) == before


def test_pictures_made_in_shares_are_the_same_to_the_byte(tmp_path: Path) -> None:
    net = vizkit.load("googlenet@distilled", device=DEVICE)
    recipe = Recipe(steps=12, rescues=0)
    asked: dict[str, Any] = {"layers": ["inception3a"], "channels": "0-9", "block_size": 4}
    plan = make_plan(net, Request(recipe=recipe, studies={"renders": {}}, **asked))
    whole, shares = Store(tmp_path / "whole"), Store(tmp_path / "shares")
    assert run(whole, [(net, plan)]).computed == 10
    for number in (2, 1):
        run(shares, [(net, plan)], shard=(number, 2))
    one, other = bytes_of(whole.root), bytes_of(shares.root)
    assert sorted(one) == sorted(other) and len(one) == 21
    assert [name for name in one if one[name] != other[name]] == []
