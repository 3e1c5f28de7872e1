"""``vizkit gallery run|status|build``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.gallery.small import bytes_of, temporary_in
from vizkit.cli.gallery import shard

QUICK = ("--steps", 2, "--dtype", "float32")
SMALL = ("gallery", "run", "lenet5@random", "--layers", "c1", "--channels", "0-2", *QUICK)


def test_from_a_name_to_pages(vizkit: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "gallery"
    done = vizkit(*SMALL, "--out", out)
    assert done.code == 0
    assert done.out == f"{out}/index.html\n"
    assert "RANDOM WEIGHTS" in done.err and "left  lenet5@random/c1:" in done.err
    assert "RANDOM WEIGHTS" in (out / "index.html").read_text().upper()
    assert temporary_in(out) == []
    done = vizkit("gallery", "status", out, "--json")
    counts = json.loads(done.out)
    assert {key: counts[key] for key in ("planned", "done", "failed", "pending", "running")} == {
        "planned": 3,
        "done": 3,
        "failed": 0,
        "pending": 0,
        "running": 0,
    }
    assert counts["failures"] == []
    assert done.err == ""
    assert "lenet5@random: 3 of 3 done" in vizkit("gallery", "status", out).out


def test_quiet_is_quiet(vizkit: Terminal, tmp_path: Path) -> None:
    assert vizkit(*SMALL, "--quiet", "--out", tmp_path).err == ""
    done = vizkit("gallery", "build", tmp_path, "--quiet")
    assert (done.code, done.out, done.err) == (0, f"{tmp_path}/index.html\n", "")


def test_a_second_run_has_nothing_to_do_and_says_so(vizkit: Terminal, tmp_path: Path) -> None:
    vizkit(*SMALL, "--out", tmp_path)
    before = bytes_of(tmp_path)
    done = vizkit(*SMALL, "--out", tmp_path)
    assert done.code == 0
    assert "lenet5@random: nothing to do, everything asked for is there." in done.err
    assert bytes_of(tmp_path) == before
    assert len(list((tmp_path / "log").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet"], "Did you mean 'lenet5'"),
        (["lenet5@hed"], "has no weights 'hed'"),
        (["lenet5", "--layers", "c9"], "'c9' is not a layer of lenet5"),
        (["lenet5", "--layers", "c1", "--channels", "6"], "the widest has 6"),
        (["lenet5", "--channels", "a-b"], "is not a channel"),
        (["lenet5", "--shard", "0/3"], "'0/3' is not a share; write 1/4 to 4/4"),
        (["lenet5", "--shard", "4/3"], "'4/3' is not a share"),
        (["lenet5", "--shard", "1"], "'1' is not a share"),
        (["lenet5", "--steps", "-1"], "'-1' is not a whole number above zero"),
        (["lenet5", "--size", "99999"], "out of range"),
        ([], "the following arguments are required: NET"),
    ],
)
def test_mistakes_exit_with_2_and_write_nothing(
    vizkit: Terminal, arguments: list[str], message: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = vizkit("gallery", "run", *arguments, "--out", out)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""
    assert not out.exists()


def test_a_folder_is_needed(vizkit: Terminal, tmp_path: Path) -> None:
    assert vizkit("gallery", "run", "lenet5@random").code == 2
    path = tmp_path / "file"
    path.write_text("mine")
    done = vizkit(*SMALL, "--out", path)
    assert done.code == 2 and "is a file.\n  Give a folder." in done.err
    for verb in ("status", "build"):
        done = vizkit("gallery", verb, tmp_path)
        assert done.code == 2 and "holds no gallery" in done.err
    assert path.read_text() == "mine"


def test_other_settings_are_refused_and_change_nothing(vizkit: Terminal, tmp_path: Path) -> None:
    vizkit(*SMALL, "--out", tmp_path)
    before = bytes_of(tmp_path)
    for change in (("--seed", 1), ("--steps", 3), ("--dtype", "bfloat16"), ("--size", 24)):
        done = vizkit(*SMALL, *change, "--out", tmp_path)
        assert done.code == 2, change
        assert "give another --out" in done.err
        assert bytes_of(tmp_path) == before


def test_another_block_size_is_refused_and_changes_nothing(
    vizkit: Terminal, tmp_path: Path
) -> None:
    vizkit(*SMALL, "--block-size", 4, "--out", tmp_path)
    before = bytes_of(tmp_path)
    for channels in ("0-2", "0-5"):
        command = (*SMALL, "--channels", channels, "--block-size", 8, "--out", tmp_path)
        done = vizkit(*command)
        assert done.code == 2
        assert "shows lenet5@random/c1 in blocks of 4, asked are blocks of 8" in done.err
        assert "Leave out --block-size, or give another --out." in done.err
        assert bytes_of(tmp_path) == before
    more = ("gallery", "run", "lenet5@random", "--layers", "c3", "--channels", "0", *QUICK)
    for again in ((*SMALL, "--block-size", 4), SMALL, (*more, "--block-size", 1)):
        assert vizkit(*again, "--out", tmp_path).code == 0, "another layer has blocks of its own"


def test_the_size_of_a_folder_is_kept_unless_another_is_asked_for(
    vizkit: Terminal, tmp_path: Path
) -> None:
    vizkit(*SMALL, "--size", 40, "--out", tmp_path)
    before = bytes_of(tmp_path)
    for size in ((), ("--size", 40)):
        done = vizkit(*SMALL, *size, "--out", tmp_path)
        assert done.code == 0 and "nothing to do" in done.err
        assert bytes_of(tmp_path) == before
    done = vizkit(*SMALL, "--size", "40x48", "--out", tmp_path)
    assert done.code == 2
    assert "shows lenet5@random/c1 at 40x40 pixels, asked is 40x48" in done.err
    assert "Leave out --size, or give another --out." in done.err
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 2}'])
def test_an_unreadable_plan_is_named_and_kept(vizkit: Terminal, tmp_path: Path, text: str) -> None:
    vizkit(*SMALL, "--out", tmp_path)
    path = tmp_path / "lenet5~arandom" / "plan.json"
    path.write_text(text)
    for command in (
        (*SMALL, "--out", tmp_path),
        ("gallery", "status", tmp_path),
        ("gallery", "build", tmp_path),
    ):
        done = vizkit(*command)
        assert done.code == 2
        assert str(path) in done.err and "Traceback" not in done.err
    assert path.read_text() == text


def test_a_unit_that_fails_is_listed_and_the_others_are_done(
    vizkit: Terminal, overflowing: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("gallery", "run", overflowing, "--layers", "0", *QUICK, "--out", out, "--quiet")
    for _ in range(2):  # a failed unit is tried again
        done = vizkit(*command)
        assert done.code == 1
        assert f"failed: {overflowing}@own/0:1: the response is not finite" in done.err
        assert done.out == f"{out}/index.html\n"
    done = vizkit("gallery", "status", out, "--json")
    counts = json.loads(done.out)
    assert (counts["done"], counts["failed"], counts["dead"]) == (3, 1, 0)
    assert [each["address"] for each in counts["failures"]] == [f"{overflowing}@own/0:1"]
    assert done.code == 0


def test_a_network_with_weights_that_are_not_numbers_is_refused(
    vizkit: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import torch, vizkit\n"
        "def make():\n"
        "    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3))\n"
        "    torch.nn.init.constant_(net[0].weight[1], float('nan'))\n"
        "    p = vizkit.Preprocessing((0.5,), (0.25,), (16, 16))\n"
        "    return vizkit.load(net.eval(), preprocessing=p)\n"
    )
    done = vizkit("gallery", "run", f"{path}:make", "--out", tmp_path / "out")
    assert done.code in (2, 3)
    assert "0.weight" in done.err
    assert not (tmp_path / "out").exists()


def test_shares_are_told_how_to_be_joined(vizkit: Terminal, tmp_path: Path) -> None:
    done = vizkit(*SMALL, "--shard", "2/2", "--out", tmp_path)
    assert (done.code, done.out) == (0, "")
    assert f"Share 2/2 is done. Then: vizkit gallery build {tmp_path}" in done.err


@pytest.mark.parametrize(("text", "expected"), [("1/1", (1, 1)), ("3/8", (3, 8)), ("8/8", (8, 8))])
def test_shares_are_read(text: str, expected: tuple[int, int]) -> None:
    assert shard(text) == expected


@pytest.mark.parametrize("text", ["", "1", "0/1", "2/1", "1/0", "-1/2", "1/2/3", "a/b", "1/2x"])
def test_shares_that_are_none(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a share"):
        shard(text)


@pytest.mark.parametrize("work", ["run", "build"])
def test_an_interrupted_run_says_how_to_go_on(
    vizkit: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"vizkit.gallery.making.{work}", interrupt)
    done = vizkit(*SMALL, "--out", tmp_path)
    assert done.code == 130
    assert "What is done is kept. Go on with:\n  vizkit gallery run lenet5@random" in done.err
    assert "Interrupted." in done.err and "Traceback" not in done.err


def test_damaged_records_are_counted_and_named(vizkit: Terminal, tmp_path: Path) -> None:
    vizkit(*SMALL, "--quiet", "--out", tmp_path)
    assert json.loads(vizkit("gallery", "status", tmp_path, "--json").out)["damaged"] == []
    (record,) = tmp_path.glob("lenet5*/c1/renders/1.json")
    record.write_text('{"address": "lenet5')
    name = record.relative_to(tmp_path).as_posix()
    counts = json.loads(vizkit("gallery", "status", tmp_path, "--json").out)
    assert (counts["damaged"], counts["pending"], counts["done"]) == ([name], 1, 2)
    text = vizkit("gallery", "status", tmp_path).out
    assert text.endswith(f"1 damaged file; a run writes them anew:\n  {name}\n")
    vizkit(*SMALL, "--quiet", "--out", tmp_path)
    assert "damaged" not in vizkit("gallery", "status", tmp_path).out
