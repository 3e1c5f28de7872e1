from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gallery.fake import fill, layer, network, plan
from vizkit.errors import StoreError
from vizkit.files import remove_abandoned
from vizkit.gallery.store import Store

ONE = plan(network(), layer("a", channels=2))
FOLDER = Path("vgg16~ahed")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    fill(store, ONE)
    return store


def complete(store: Store) -> list[int]:
    return [each for each in (0, 1) if store.records(ONE, "a", "renders").read(each) is not None]


def test_a_record_comes_back(store: Store) -> None:
    record = store.records(ONE, "a", "renders").read(1)
    assert record is not None
    assert (record.address, record.study) == ("vgg16@hed/a:1", "renders")
    assert record.data["seed"] == 1234568
    path = store.study_folder("vgg16@hed", "a", "renders") / "1.webp"
    assert record.files == {"1.webp": path.stat().st_size}


def test_networks_of_a_folder(store: Store, tmp_path: Path) -> None:
    fill(store, plan(network("timm:resnet26d", "random"), layer("stem/x")))
    (tmp_path / "assets").mkdir()
    (tmp_path / "~zz").mkdir()
    (tmp_path / "~zz" / "plan.json").write_text("not ours")
    assert store.sources() == ("timm:resnet26d@random", "vgg16@hed")
    assert Store(tmp_path / "nowhere").sources() == ()


VALID = {
    "address": "vgg16@hed/a:0",
    "study": "renders",
    "fingerprint": ONE.fingerprint(ONE.layers[0], "renders"),
    "files": {},
    "data": {},
    "schema": 2,
}


@pytest.mark.parametrize(
    "change",
    [
        {"files": None},
        {"files": []},
        {"files": "0.webp"},
        {"files": {"0.webp": None}},
        {"files": {"0.webp": "many"}},
        {"files": {"0.webp": 1}},
        {"files": {"gone.webp": 5}},
        {"files": {"\0": 5}},
        {"data": None},
        {"data": [1]},
        {"data": "text"},
        {"schema": 1},
        {"schema": 3},
        {"fingerprint": "0" * 16},
        {"fingerprint": None},
        {"unknown": 1},
    ],
)
def test_a_record_of_another_form_does_not_count(store: Store, change: dict[str, object]) -> None:
    path = store.study_folder("vgg16@hed", "a", "renders") / "0.json"
    path.write_text(json.dumps(VALID))
    assert complete(store) == [0, 1]
    path.write_text(json.dumps(VALID | change))
    assert complete(store) == [1]


@pytest.mark.parametrize("missing", sorted(VALID.keys() - {"schema"}))
def test_a_record_with_a_missing_field_does_not_count(store: Store, missing: str) -> None:
    fields = {name: value for name, value in VALID.items() if name != missing}
    (store.study_folder("vgg16@hed", "a", "renders") / "0.json").write_text(json.dumps(fields))
    assert complete(store) == [1]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"3"])
def test_a_damaged_record_does_not_count(store: Store, content: bytes) -> None:
    (store.study_folder("vgg16@hed", "a", "renders") / "0.json").write_bytes(content)
    assert complete(store) == [1]


@given(st.data())
def test_a_record_cut_off_anywhere_does_not_count(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "cut")
    if not store.root.exists():
        fill(store, ONE)
    path = store.study_folder("vgg16@hed", "a", "renders") / "0.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 3))])
    try:
        assert complete(store) == [1]
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, seed=1),
        replace(ONE, layers=(replace(ONE.layers[0], recipe={**ONE.recipe, "steps": 97}),)),
        replace(ONE, torch="9.9"),
        replace(ONE, vizkit="9.9"),
        replace(ONE, network=replace(ONE.network, sha256="0" * 64)),
        replace(ONE, layers=(replace(ONE.layers[0], canvas=(64, 72)),)),
        replace(ONE, layers=(replace(ONE.layers[0], block_size=4),)),
        replace(ONE, layers=(replace(ONE.layers[0], module="features.other"),)),
    ],
)
def test_a_record_made_in_another_way_does_not_count(store: Store, other: object) -> None:
    assert store.records(other, "a", "renders").read(0) is None  # type: ignore[arg-type]


def test_more_channels_leave_records_valid(store: Store) -> None:
    grown = replace(ONE, layers=(replace(ONE.layers[0], channels=(0, 1, 5)),))
    assert store.records(grown, "a", "renders").read(0) is not None


def test_a_success_forgets_the_failure(store: Store) -> None:
    store.records(ONE, "a", "renders").write_failure(0, "out of luck")
    assert store.records(ONE, "a", "renders").read_failure(0) == "out of luck"
    store.records(ONE, "a", "renders").write(0, {"final": 1.0}, {})
    assert store.records(ONE, "a", "renders").read_failure(0) is None


def test_a_plan_comes_back(store: Store) -> None:
    rich = plan(
        network(),
        layer(
            "mixed",
            branches=(("mixed.b1", 0, 4),),
            labels={3: "é漢"},
            aliases=("inception3a",),
            extent=None,
        ),
    )
    store.write_plan(rich)
    found = store.read_plan("vgg16@hed")
    assert found.layers == rich.layers
    assert found.fingerprint(found.layers[0], "renders") == rich.fingerprint(
        rich.layers[0], "renders"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "is of another version of vizkit"),
        ('{"schema": 99}', "schema 99, this one writes 2"),
        ('{"schema": 1}', "schema 1, this one writes 2.*\n  Make the gallery anew"),
        ('{"schema": 2}', "is damaged: KeyError"),
        ('{"schema": 2, "network": 3, "layers": []}', "is damaged"),
        ('{"schema": 2, "network": {}, "layers": [3]}', "is damaged"),
    ],
)
def test_an_unreadable_plan_is_named(store: Store, content: str, message: str) -> None:
    path = store.root / FOLDER / "plan.json"
    path.write_text(content)
    with pytest.raises(StoreError, match=message) as caught:
        store.read_plan("vgg16@hed")
    assert str(path) in str(caught.value)
    assert path.read_text() == content


def test_a_missing_plan_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"holds no gallery of vgg16@hed\.\n  Make one: vizkit gal"
    ):
        Store(tmp_path).read_plan("vgg16@hed")


def test_left_overs_of_dead_runs_go_and_all_else_stays(store: Store) -> None:
    import socket
    import subprocess
    import sys

    from vizkit.filenames import encode

    host = encode(socket.gethostname())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = store.study_folder("vgg16@hed", "a", "renders")
    old = time.time() - 2 * 86_400
    names = {
        f".0.webp~h{host}-{dead.pid}.part": False,  # killed here
        f".1.webp~h{host}-{os.getppid()}.part": True,  # running here
        ".2.webp~helsewhere-7.part": True,  # perhaps running elsewhere
        ".thesis.tex.part": True,  # not ours
        "7.json": True,
    }
    for name in names:
        (folder / name).write_text("x")
    aged = {".3.webp~helsewhere-7.part": False, ".old.mkv.part": True, ".part": True}
    for name in aged:
        (folder / name).write_text("x")
        os.utime(folder / name, (old, old))
    remove_abandoned(store.root)
    for name, stays in (names | aged).items():
        assert (folder / name).exists() == stays, name
    assert complete(store) == [0, 1]
