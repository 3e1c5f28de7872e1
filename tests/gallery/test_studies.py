"""The studies there are, what they store and show, and that one more is one more file."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import vizkit.gallery.studies
from tests import nets
from tests.gallery.small import QUICK, lenet, small_plan
from tests.rendering.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.cli import main
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import make_plan
from vizkit.gallery.run import run
from vizkit.gallery.site import build
from vizkit.gallery.site.reading import read_network
from vizkit.gallery.store import Store
from vizkit.gallery.study import Found, studies, study

NAMES = ["renders", "receptive_field", "tuning", "families", "filters"]


@pytest.fixture(scope="module")
def net() -> Network:
    return lenet()


@pytest.fixture(scope="module")
def made(net: Network, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store]:
    plan, store = small_plan(net, "c1,logits", "0-2"), Store(tmp_path_factory.mktemp("made"))
    outcome = run(net, plan, store)
    assert outcome.failed == ()
    return plan, store


def test_the_studies_there_are() -> None:
    assert [each.name for each in studies()] == NAMES
    assert study("filters") is studies()[4]
    assert study("unheard_of") is None


def test_listing_studies_does_not_load_torch() -> None:
    code = (
        "import sys; from vizkit.gallery.study import studies; studies();"
        "print([m for m in ('torch', 'PIL', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Renders


def test_a_render_record_has_these_fields(made: tuple[Plan, Store]) -> None:
    plan, store = made
    record = store.read_record(plan, "c1", "renders", 1)
    assert record is not None
    assert sorted(record.data) == [
        *("address", "attempts", "block_size", "canvas_size", "dead", "dtype", "final", "initial"),
        *("objective", "peak", "seed", "steps"),
    ]
    assert record.data["address"] == record.address == "lenet5@random/c1:1"
    assert record.data["objective"] == "channel"
    logit = store.read_record(plan, "logits", "renders", 2)
    assert logit is not None and logit.data["objective"] == "logit"


def test_the_stored_picture_is_the_rendered_one(
    made: tuple[Plan, Store], net: Network, tmp_path: Path
) -> None:
    """By the command that its page gives, pixel by pixel: small pictures are stored losslessly."""
    plan, store = made
    known = study("renders")
    assert known is not None
    for name, channel in (("c1", 2), ("logits", 0)):
        record = store.read_record(plan, name, "renders", channel)
        assert record is not None
        command = shlex.split(known.show(plan, plan.layer(name), channel, record.data).command)
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
    known = study("renders")
    assert known is not None
    panel = known.show(plan, plan.layer("logits"), 1, data)
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
    assert panel.badges == ()
    dead = known.show(plan, plan.layer("c1"), 1, data | {"dead": True, "initial": 0.0})
    assert dead.badges == ("dead",)
    assert "gain" not in {fact.label for fact in dead.facts}


# Filters


def shown(found: Found) -> np.ndarray:
    (content,) = found.files.values()
    return np.asarray(Image.open(io.BytesIO(content))).astype(float)


def filters_of(net: Network, layer: str) -> list[Found]:
    plan = make_plan(net, layers=[layer], recipe=QUICK)
    known = study("filters")
    assert known is not None
    compute = known.begin(net, plan)
    return list(compute(plan.layers[0], plan.layers[0].channels, lambda _: None))


def test_a_filter_is_shown_as_its_weights() -> None:
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, (3, 5))))
    for channel, found in enumerate(filters_of(net, "0")):
        weights = net.module[0].weight[channel].detach().permute(1, 2, 0).numpy()
        expected = weights / np.abs(weights).max() * 127.5 + 127.5
        np.testing.assert_allclose(shown(found), expected, atol=0.5 + 1e-4)
        assert found.data["size"] == [3, 5]
        assert found.data["norm"] == pytest.approx(float(np.linalg.norm(weights)), rel=1e-5)


def test_colors_are_those_of_the_image_for_a_network_that_reads_blue_first() -> None:
    preprocessing = Preprocessing((0.5,) * 3, (0.5,) * 3, (16, 16), order=(2, 1, 0))
    module = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1))  # reads blue
    (found,) = filters_of(wrap(module, preprocessing), "0")
    assert shown(found)[0, 0].tolist() == [128, 128, 255]


def test_a_filter_of_zeros_is_a_failure_in_words() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3))
    with torch.no_grad():
        module[0].weight[1].zero_()
    errors = [found.error for found in filters_of(wrap(module), "0")]
    assert errors == [None, "the filter is all zero or not finite"]


def test_filters_go_with_the_first_convolution_alone() -> None:
    known = study("filters")
    assert known is not None
    module = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)), nn.Conv2d(4, 4, 3)
    )
    net = wrap(module)
    applies = [layer.name for layer in net.layers if known.applies(net, layer)]
    assert applies == ["0.0"], "the stage around it has as many channels, but other features"
    units = wrap(nets.TinyInception())
    assert [layer.name for layer in units.layers if known.applies(units, layer)] == [
        "stem.conv",
        "stem",
    ]
    deep = wrap(nn.Sequential(nn.Conv2d(4, 4, 1)), Preprocessing((0.5,) * 4, (1.0,) * 4, (8, 8)))
    assert not known.applies(deep, deep.layer("0"))


# One more study

NOTES = """
from vizkit.gallery.study import Fact, Found, Panel, Study


class _Notes(Study):
    name = "notes"
    title = "What was noted"
    order = 30

    def applies(self, network, layer):
        return layer.name == "c1"

    def begin(self, network, plan):
        def compute(layer, channels, tick):
            for channel in channels:
                yield Found(channel, {"note": f"<unit {channel}>"})
        return compute

    def show(self, plan, layer, channel, data):
        return Panel(facts=(Fact("note", data["note"]),))

    def summary(self, plan, records):
        return Panel(details={name: sorted(own) for name, own in records.items()})


STUDY = _Notes()
"""


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file in the package of studies, and nothing else."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "notes.py").write_text(NOTES)
    package = vizkit.gallery.studies
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    studies.cache_clear()
    yield
    studies.cache_clear()
    sys.modules.pop("vizkit.gallery.studies.notes", None)
    vars(package).pop("notes", None)


@pytest.mark.usefixtures("one_more")
def test_adding_a_study_is_adding_a_file(net: Network, tmp_path: Path) -> None:
    assert [each.name for each in studies()] == [*NAMES, "notes"]
    plan, store = small_plan(net, "c1,c3", "0-1"), Store(tmp_path / "out")
    assert [layer.studies for layer in plan.layers] == [
        (*NAMES, "notes"),
        ("renders", "receptive_field", "tuning", "families"),
    ]
    assert run(net, plan, store).failed == ()
    record = store.read_record(plan, "c1", "notes", 1)
    assert record is not None and record.data == {"note": "<unit 1>"}
    build(store.root)
    page = (store.layer_folder("lenet5@random", "c1") / "1.html").read_text()
    assert "What was noted" in page
    assert "&lt;unit 1&gt;" in page and "<unit 1>" not in page
    other = (store.layer_folder("lenet5@random", "c3") / "1.html").read_text()
    assert "What was noted" not in other
    *_, whole = read_network(store, "lenet5@random", study).studies
    assert whole.name == "notes"
    assert whole.panel is not None and whole.panel.details == {"c1": [0, 1]}


def test_a_gallery_with_a_study_of_another_version_still_builds(
    made: tuple[Plan, Store], tmp_path: Path
) -> None:
    plan, _ = made
    store = Store(tmp_path)
    store.write_plan(plan)
    path = store.network_folder(plan.network.source) / "plan.json"
    data = json.loads(path.read_text())
    data["layers"][0]["studies"].append("unheard_of")
    path.write_text(json.dumps(data))
    assert build(tmp_path).index.is_file()
