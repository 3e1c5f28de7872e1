"""A stranger's study: one folder outside of the package, with a setting, a template and a style."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import vizkit
from vizkit.cli import main
from vizkit.gallery.registry import STUDIES
from vizkit.gallery.store import Store

STUDY = '''
from vizkit import Progress
from vizkit.gallery import Fact, Found, Panel, Study


class Loudest(Study):
    """How much of a layer's answer to noise each of its channels makes, over several images."""

    name = "loudest"
    title = "Answer to noise"
    order = 30
    scope = "network"
    default = False
    options = {"images": 2}

    def applies(self, network, layer):
        return len(layer.shape) == 3 and layer.public_name != "s2"

    def begin(self, network, plan):
        import torch

        count = plan.studies[self.name].settings["images"]
        size = (count, network.input_channels, *network.input_size)
        images = torch.rand(size, generator=torch.Generator().manual_seed(plan.seed))

        def compute(piece, progress):
            from vizkit import capture

            acts = capture(network, [layer.module for layer, _ in piece.parts])
            with torch.no_grad(), acts:
                network(images)
            for layer, channel in piece.units():
                share = acts[layer.module][:, channel].abs().mean() / acts[layer.module].abs().sum()
                yield Found(channel, {"share": round(float(share), 8)}, layer=layer.name)
            progress(Progress(1, 1, piece.title))

        return compute

    def show(self, record):
        share = record.data["share"]
        fact = Fact("share of noise", f"{share:.2%}", share)
        return Panel(facts=(fact,), details={"words": f"<{record.address}> is loud"})

    def summary(self, shown):
        return Panel(details={"words": f"asked in {', '.join(shown.records)}"})


STUDY = Loudest()
'''
TEMPLATE = '<p class="loud">{{ panel.details.words }}</p>\n'
STYLE = ".loud { text-transform: uppercase; }\n"
LENET = ("gallery", "run", "lenet5@random", "--layers", "c1,s2", "--channels", "0-1")
QUICK = ("--steps", "1", "--dtype", "float32", "--studies", "loudest,renders")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder ``theirs`` on the path that holds all that the stranger wrote."""
    folder = tmp_path / "elsewhere" / "theirs"
    folder.mkdir(parents=True)
    for name, text in (
        ("__init__.py", ""),
        ("loudest.py", STUDY),
        ("panel.html", TEMPLATE),
        ("panel.css", STYLE),
    ):
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    for name in ("theirs", "theirs.loudest"):
        sys.modules.pop(name, None)
    STUDIES.remove("loudest")


def test_all_of_it_is_short() -> None:
    assert len((STUDY + TEMPLATE + STYLE).strip().splitlines()) < 60


def run(out: Path, *options: str) -> int:
    return main([*LENET, *QUICK, *options, "--out", str(out), "--quiet"])


def test_a_study_registered_by_a_call(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(out) == 2
    assert "there is no study 'loudest'" in capsys.readouterr().err

    vizkit.gallery.register(importlib.import_module("theirs.loudest").STUDY)
    assert run(out) == 0

    store = Store(out)
    plan = store.read_plan("lenet5@random")
    assert [layer.studies for layer in plan.layers] == [("renders", "loudest"), ("renders",)]
    assert plan.studies["loudest"].settings == {"images": 2}
    record = store.records(plan, "c1", "loudest").read(1)
    assert record is not None and 0 < record.data["share"] < 1
    folder = store.layer_folder("lenet5@random", "c1")
    page = (folder / "1.html").read_text()
    assert '<p class="loud">&lt;lenet5@random/c1:1&gt; is loud</p>' in page
    assert "Answer to noise" in page and f"{record.data['share']:.2%}" in page
    assert "Answer to noise" not in folder.with_name("s2").joinpath("1.html").read_text()
    assert '<p class="loud">asked in c1</p>' in (out / "index.html").read_text()
    assert STYLE in (out / "assets" / "site.css").read_text()
    assert ".field" not in (out / "assets" / "site.css").read_text(), "a study that is left out"


def test_its_setting_makes_it_anew_and_nothing_else(package: Path, tmp_path: Path) -> None:
    vizkit.gallery.register(importlib.import_module("theirs.loudest").STUDY)
    out = tmp_path / "out"
    assert run(out) == 0
    made = {path: path.read_bytes() for path in out.rglob("*/[01].json")}
    assert len(made) == 2 * 3
    log = {*(out / "log").iterdir()}

    assert run(out, "--option", "loudest.images=5") == 0

    changed = {path.parent.name for path, before in made.items() if path.read_bytes() != before}
    assert changed == {"loudest"}
    (second,) = {*(out / "log").iterdir()} - log
    events = [json.loads(line) for line in second.read_text().splitlines()]
    pieces = [(each["study"], each["units"]) for each in events if each["event"] == "piece"]
    assert pieces == [("loudest", "lenet5@random: loudest")]
    now = {path: path.read_bytes() for path in made}
    assert run(out) == 0
    assert {path: path.read_bytes() for path in made} == now, "what was asked of it holds"


def test_an_installed_study_is_there_for_the_command_line(package: Path, tmp_path: Path) -> None:
    info = package.parent / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[vizkit.studies]\nloudest = theirs.loudest:STUDY\n")
    out = tmp_path / "out"
    path = os.pathsep.join([str(package.parent), str(Path(vizkit.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "vizkit", *LENET, *QUICK, "--out", str(out), "--quiet"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"{out}/index.html\n"), done.stderr
    assert "is loud" in (out / "lenet5~arandom" / "c1" / "0.html").read_text()
