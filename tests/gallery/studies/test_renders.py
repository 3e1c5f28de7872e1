"""The pictures that a gallery renders, stores and shows."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gallery.small import lenet, small_plan
from vizkit import Network
from vizkit.cli import main
from vizkit.gallery.plan import Plan
from vizkit.gallery.registry import find
from vizkit.gallery.run import run
from vizkit.gallery.store import Store
from vizkit.gallery.study import Shown


@pytest.fixture(scope="module")
def net() -> Network:
    return lenet()


@pytest.fixture(scope="module")
def made(net: Network, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store]:
    plan, store = small_plan(net, "c1,logits", "0-2"), Store(tmp_path_factory.mktemp("made"))
    outcome = run(store, [(net, plan)])
    assert outcome.failed == ()
    return plan, store


def test_a_render_record_has_these_fields(made: tuple[Plan, Store]) -> None:
    plan, store = made
    record = store.records(plan, "c1", "renders").read(1)
    assert record is not None
    assert sorted(record.data) == [
        *("address", "attempts", "block_size", "canvas", "canvas_size", "dead", "dtype"),
        *("final", "initial", "objective", "peak", "seed", "state", "steps"),
    ]
    assert record.data["address"] == record.address == "lenet5@random/c1:1"
    assert record.data["objective"] == "channel"
    logit = store.records(plan, "logits", "renders").read(2)
    assert logit is not None and logit.data["objective"] == "logit"


def test_the_stored_picture_is_the_rendered_one(
    made: tuple[Plan, Store], net: Network, tmp_path: Path
) -> None:
    """By the command that its page gives, pixel by pixel: small pictures are stored losslessly."""
    plan, store = made
    known = find("renders")
    assert known is not None
    for name, channel in (("c1", 2), ("logits", 0)):
        record = store.records(plan, name, "renders").read(channel)
        assert record is not None
        command = shlex.split(
            known.show(Shown(plan, plan.layer(name), channel, record.data)).command
        )
        assert command[:2] == ["vizkit", "render"]
        command[-1] = str(tmp_path)
        assert main([*command[1:], "--quiet"]) == 0
        stored = Image.open(
            store.study_folder(plan.network.source, name, "renders") / f"{channel}.webp"
        )
        again = Image.open(tmp_path / f"lenet5~arandom~s{name}~c{channel}.png")
        # The plan above was made without rescues, which the command line always has.
        if not record.data["dead"]:
            np.testing.assert_array_equal(np.asarray(stored.convert("L")), np.asarray(again))


def test_a_render_is_shown_with_its_numbers(made: tuple[Plan, Store]) -> None:
    plan, _ = made
    data = {
        "initial": 0.5,
        "final": 12.345,
        "peak": 99.9,
        "dead": False,
        "seed": 0,
        "steps": 2,
        "canvas_size": [32, 48],
        "attempts": 2,
        "block_size": 4,
        "dtype": "float32",
        "objective": "channel",
    }
    known = find("renders")
    assert known is not None
    panel = known.show(Shown(plan, plan.layer("logits"), 1, data))
    assert {fact.label: fact.text for fact in panel.facts} == {
        "response": "12.3",
        "at the start": "0.5",
        "peak": "99.9",
        "gain": "×24.7",
        "attempts": "2",
    }
    (picture,) = panel.pictures
    assert (picture.width, picture.height) == (48, 32)
    assert picture.alt == "lenet5@random/logits:1, 1, positive"
    assert "--size 32x48" in panel.command
    assert (panel.badges, panel.seed) == ((), 0)
    dead = known.show(Shown(plan, plan.layer("c1"), 1, data | {"dead": True, "initial": 0.0}))
    assert dead.badges == ("dead",)
    assert known.dead({"dead": True}) and not known.dead(data) and not known.dead({"dead": "?"})
    assert "gain" not in {fact.label for fact in dead.facts}
