"""Is everything there? Answered from the folder, and with yes only where that is certain."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gallery.small import bytes_of
from vizkit import Recipe
from vizkit.errors import StoreError, UnitNotFoundError, UsageError
from vizkit.filenames import encode
from vizkit.gallery import completeness, making
from vizkit.gallery.making import make
from vizkit.gallery.panel import Panel
from vizkit.gallery.registry import STUDIES, register
from vizkit.gallery.request import Request
from vizkit.gallery.store import Store
from vizkit.gallery.study import Compute, Shown, Study

QUICK = Recipe(steps=1, rescues=0, dtype="float32")
SOURCE = "googlenet@distilled"
WANTED = {SOURCE: {"conv1": "0,2", "conv2": "4"}}
FOLDER = "googlenet~adistilled"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    # Four studies of each, and of the first convolution the filters, too.
    assert make(WANTED, root, recipe=QUICK).computed == 14
    return root


@pytest.fixture
def gallery(made: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(made, tmp_path / "gallery"))


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Networks that are loaded."""
    found: list[str] = []
    load = making.load

    def noted(source: str, **options: Any) -> Any:
        found.append(source)
        return load(source, **options)

    monkeypatch.setattr(making, "load", noted)
    return found


@pytest.mark.parametrize(
    "layers",
    [{"conv1": "0,2", "conv2": "4"}, {"conv2": "4"}, {"conv1": "2"}, {"conv1": "0-0,2"}],
)
@pytest.mark.parametrize("dtype", ["float32", "auto"])
def test_nothing_is_loaded_where_all_is_there(
    gallery: Path, loaded: list[str], layers: dict[str, str], dtype: str
) -> None:
    before = bytes_of(gallery)
    done = make({SOURCE: layers}, gallery, recipe=replace(QUICK, dtype=dtype))
    assert (done.computed, done.failed, done.index) == (0, (), gallery / "index.html")
    assert loaded == []
    assert bytes_of(gallery) == before


def test_only_the_network_that_lacks_something_is_loaded(gallery: Path, loaded: list[str]) -> None:
    wanted = {**WANTED, "lenet5@random": {"c1": "0"}}
    assert make(wanted, gallery, recipe=QUICK).computed == 5
    assert loaded == ["lenet5@random"]


def test_lost_pages_and_halves_of_a_killed_run(gallery: Path, loaded: list[str]) -> None:
    before = bytes_of(gallery)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (gallery / f".12.webp~h{encode(socket.gethostname())}-{ended.pid}.part").write_text("half")
    (gallery / "index.html").unlink()
    (gallery / FOLDER / "conv1" / "0.html").write_text("spoiled")
    make(WANTED, gallery, recipe=QUICK)
    assert bytes_of(gallery) == before
    assert loaded == []


# Whatever is asked for in another way is looked at with the network


@pytest.mark.parametrize(
    ("layers", "computed"),
    [
        ({"conv1": "0,3"}, 5),
        ({"conv2": "4-6"}, 8),
        ({"conv2": "4", "conv3": "0"}, 4),
    ],
)
def test_more_is_done(
    gallery: Path, loaded: list[str], layers: dict[str, str], computed: int
) -> None:
    assert make({SOURCE: layers}, gallery, recipe=QUICK).computed == computed
    assert loaded == [SOURCE]
    assert make({SOURCE: layers}, gallery, recipe=QUICK).computed == 0
    assert loaded == [SOURCE], "and then it is there"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": replace(QUICK, steps=2)}, r"steps 1 \(asked: 2\)"),
        ({"recipe": replace(QUICK, views="jitter(3)")}, r"views .* \(asked: 'jitter\(3\)'\)"),
        ({"recipe": replace(QUICK, dtype="bfloat16")}, r"dtype 'float32' \(asked: 'bfloat16'\)"),
        ({"recipe": None}, "rescues 0"),
        ({"recipe": QUICK, "seed": 1}, r"seed 0 \(now: 1\)"),
    ],
)
def test_other_settings_are_refused(gallery: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(StoreError, match=message):
        make(WANTED, gallery, **options)


@pytest.mark.parametrize(
    ("layers", "error"),
    [({}, UsageError), ({"conv2": "64"}, UnitNotFoundError), ({"conv2": "x"}, UsageError)],
)
def test_mistakes_are_found(gallery: Path, layers: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        make({SOURCE: layers}, gallery, recipe=QUICK)


def of_version(plan: dict[str, Any]) -> None:
    plan["vizkit"] = "0.0.1"


def of_torch(plan: dict[str, Any]) -> None:
    plan["torch"] = "1.0"


def of_weights(plan: dict[str, Any]) -> None:
    plan["network"]["sha256"] = "0" * 64


def of_preprocessing(plan: dict[str, Any]) -> None:
    plan["network"]["preprocessing"]["mean"] = [0.5, 0.5, 0.5]


@pytest.mark.parametrize("change", [of_version, of_torch, of_weights, of_preprocessing])
def test_a_gallery_of_another_version_or_weights_is_refused(
    gallery: Path, loaded: list[str], change: Callable[[dict[str, Any]], None]
) -> None:
    path = gallery / FOLDER / "plan.json"
    plan = json.loads(path.read_text())
    change(plan)
    path.write_text(json.dumps(plan))
    with pytest.raises(StoreError, match="already shows googlenet@distilled"):
        make(WANTED, gallery, recipe=QUICK)
    assert loaded == [SOURCE]


@pytest.mark.parametrize("lost", ["renders/4.json", "renders/4.webp"])
def test_what_was_lost_is_done_again(gallery: Path, loaded: list[str], lost: str) -> None:
    before = bytes_of(gallery)
    os.truncate(gallery / FOLDER / "conv2" / lost, 3)
    assert make(WANTED, gallery, recipe=QUICK).computed == 1
    assert loaded == [SOURCE]
    assert bytes_of(gallery) == before


def test_what_an_earlier_run_planned_is_finished(gallery: Path, loaded: list[str]) -> None:
    """As with the network: the plan of the folder is to be done, not only what is asked today."""
    (gallery / FOLDER / "conv1" / "filters" / "0.json").unlink()
    assert make({SOURCE: {"conv2": "4"}}, gallery, recipe=QUICK).computed == 1


def test_weights_that_only_the_network_tells_are_loaded(tmp_path: Path, loaded: list[str]) -> None:
    wanted = {"lenet5@random": {"c1": "0"}}
    for computed in (5, 0):
        assert make(wanted, tmp_path, recipe=QUICK).computed == computed
    assert loaded == ["lenet5@random"] * 2


class _Extra(Study):
    name = "extra"
    title = "Extra"
    order = 90

    def applies(self, *_: object) -> bool:
        return False

    def begin(self, *_: object) -> Compute:
        raise AssertionError("it applies to nothing")

    def show(self, _: Shown) -> Panel:
        return Panel()


def test_a_study_that_is_new_asks_the_network_once(gallery: Path, loaded: list[str]) -> None:
    """Whether it applies to a layer is not in the folder."""
    some, whole = {SOURCE: {"conv2": "4"}}, WANTED
    register(_Extra())
    try:
        make(some, gallery, recipe=QUICK)
        assert loaded == [SOURCE]
        make(whole, gallery, recipe=QUICK)
        assert loaded == [SOURCE] * 2, "conv1 had not been asked about it"
        make(whole, gallery, recipe=QUICK)
        assert loaded == [SOURCE] * 2
    finally:
        STUDIES.remove("extra")


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ({"layers": ["conv1", "conv2"], "channels": "0-70"}, False),
        ({"layers": ["conv2"], "channels": "4"}, True),
        ({"layers": ["conv2"], "channels": "4", "studies": ["filters", "renders"]}, True),
        ({"layers": ["conv2"], "channels": "4", "block_size": 1}, True),
        ({"layers": ["conv2"], "channels": "4", "block_size": 8}, False),
        ({"layers": ["conv2"], "channels": "4", "size": 48}, True),
        ({"layers": ["conv2"], "channels": "4", "size": 56}, False),
        ({"layers": None, "channels": "4"}, False),
    ],
)
@pytest.mark.parametrize("source", [SOURCE, "googlenet"])
def test_what_is_certainly_there(
    gallery: Path, asked: dict[str, Any], known: bool, source: str
) -> None:
    """As the command line asks: one list of layers, one of channels, a name without weights."""
    if source != SOURCE:
        assert completeness.full_source(source) == "googlenet@imagenet"
        known = False
    whole = completeness.full_source(source)
    assert completeness.complete(Store(gallery), whole, Request(recipe=QUICK, **asked)) == known
