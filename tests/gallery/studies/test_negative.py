"""What units like least, beside what they like best."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from PIL import Image

import vizkit
from tests.gallery.fake import layer, network, plan
from vizkit import Recipe
from vizkit.cli import main
from vizkit.gallery.registry import find
from vizkit.gallery.store import Store
from vizkit.gallery.study import Shown


def test_a_page_shows_both_and_the_negative_is_the_rendered_one(tmp_path: Path) -> None:
    """By the command that its panel gives, pixel by pixel: small pictures are stored losslessly."""
    root, study = tmp_path / "gallery", find("negative")
    assert study is not None and not study.default
    recipe = Recipe(steps=4, dtype="float32")
    made = vizkit.gallery.make(
        "lenet5",
        root,
        layers=["c3"],
        channels="0-2",
        studies=["renders", "negative"],
        recipe=recipe,
    )
    assert made.failed == ()
    store = Store(root)
    made_plan = store.read_plan("lenet5@digits")
    record = store.records(made_plan, "c3", "negative").read(1)
    assert record is not None and record.data["address"] == "-lenet5@digits/c3:1"
    panel = study.show(Shown(made_plan, made_plan.layer("c3"), 1, record.data))
    assert [fact.label for fact in panel.facts] == ["least response"]
    assert panel.facts[0].sort == -record.data["final"] and panel.badges == ()
    command = shlex.split(panel.command)
    command[-1] = str(tmp_path)
    assert main([*command[1:], "--quiet"]) == 0
    folder = store.study_folder("lenet5@digits", "c3", "negative")
    stored, again = Image.open(folder / "1.webp"), Image.open(next(tmp_path.glob("*.png")))
    assert np.array_equal(np.array(stored.convert("L")), np.array(again))
    page = next(root.glob("lenet5*/c3/1.html")).read_text()
    assert page.index("renders/1.webp") < page.index("negative/1.webp")
    assert "What it likes least" in page


def test_a_negative_picture_puts_no_badge_on_its_unit() -> None:
    """Silence is what it is for."""
    study = find("negative")
    assert study is not None
    data = {"final": 0.0, "initial": 0.1, "peak": 0.0, "dead": True, "state": "dead"}
    data |= {"canvas_size": [32, 32], "objective": "channel", "attempts": 1, "steps": 2}
    data |= {"block_size": 1, "dtype": "float32"}
    made = plan(network(), layer("conv1_1", 1))
    panel = study.show(Shown(made, made.layer("conv1_1"), 0, data))
    assert panel.badges == () and "dead" not in panel.pictures[0].alt
