from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gallery.fake import fill, layer, network, plan
from vizkit.errors import StoreError
from vizkit.gallery.heartbeat import FRESH_S, Heartbeat, running
from vizkit.gallery.states import Counts, Failure, status
from vizkit.gallery.store import Store


def test_every_unit_counts_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = plan(network(), layer("a", channels=6), layer("b", channels=6))
    fill(store, work, dead=(1,), failed={2: "RenderError: no"}, pending=(3, 4))

    found = status(tmp_path)

    assert found.total == Counts(planned=12, done=6, failed=2, pending=4, dead=2)
    assert found.failures == (
        Failure("vgg16@hed/a:2", "renders", "RenderError: no"),
        Failure("vgg16@hed/b:2", "renders", "RenderError: no"),
    )


def test_networks_count_apart_and_together(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, plan(network("one"), layer("a", channels=2)))
    fill(store, plan(network("two"), layer("a", channels=3)), pending=(0,))

    data = status(tmp_path).as_dict()

    assert {name: counts["done"] for name, counts in data["networks"].items()} == {
        "one@hed": 2,
        "two@hed": 2,
    }
    assert (data["planned"], data["done"], data["pending"], data["failed"]) == (5, 4, 1, 0)


def test_a_unit_is_done_only_with_all_its_studies(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = plan(network(), layer("a", channels=2, studies=("renders", "filters")))
    fill(store, work)
    (store.study_folder("vgg16@hed", "a", "filters") / "1.json").unlink()

    assert status(tmp_path).total == Counts(planned=2, done=1, pending=1)


def test_a_truncated_picture_is_not_done(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, plan(network(), layer("a", channels=2)))
    (store.study_folder("vgg16@hed", "a", "renders") / "0.webp").write_bytes(b"RIFF")

    assert status(tmp_path).total.done == 1


def test_running_units_come_from_fresh_heartbeats_alone(tmp_path: Path) -> None:
    fill(Store(tmp_path), plan(network(), layer("a", channels=4)), pending=(2, 3))
    with Heartbeat(tmp_path) as heartbeat:
        heartbeat.beat(["vgg16@hed/a:1", "vgg16@hed/a:2", "vgg16@hed/a:3"])
        assert status(tmp_path).total.running == 2  # unit 1 is done already
        old = heartbeat.path.stat().st_mtime - FRESH_S - 1
        os.utime(heartbeat.path, (old, old))
        assert status(tmp_path).total.running == 0
        heartbeat.beat(["vgg16@hed/a:1", "vgg16@hed/a:2", "vgg16@hed/a:3"])
        assert status(tmp_path).total.running == 2
    assert status(tmp_path).total.running == 0
    assert list((tmp_path / "log").iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"addresses": 3}', '{"other": []}'])
def test_damaged_heartbeats_count_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "running-x-1.json").write_text(text)

    assert running(tmp_path) == frozenset()


def test_a_folder_without_a_gallery_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no gallery\.\n  Make one: vizkit gallery run"):
        status(tmp_path / "nothing")


def test_status_and_site_never_load_torch() -> None:
    code = "import sys\nfrom vizkit.gallery import build, status\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
