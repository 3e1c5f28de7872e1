from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.gallery.fake import layer, network, plan
from tests.gallery.small import bytes_of, lenet, small_plan, start, temporary_in
from vizkit import Network
from vizkit.cli import main
from vizkit.errors import RenderError
from vizkit.gallery.panel import Panel
from vizkit.gallery.pieces import Piece, pending, pieces
from vizkit.gallery.plan import Plan
from vizkit.gallery.records import Records
from vizkit.gallery.registry import STUDIES, register
from vizkit.gallery.run import run
from vizkit.gallery.shards import shard_pieces
from vizkit.gallery.states import Failure, status
from vizkit.gallery.store import LOG, Store
from vizkit.gallery.study import Compute, Found, Shown, Study
from vizkit.progress import OnProgress, Progress

ARGUMENTS = ("--channels", "0-13", "--steps", "10", "--block-size", "4", "--dtype", "float32")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As in the processes that are killed: bytes depend on how sums are divided among threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def net() -> Network:
    return lenet()


def vizkit(*arguments: object) -> int:
    return main([*map(str, arguments), "--quiet"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `ARGUMENTS` give when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert vizkit("gallery", "run", "lenet5@random", *ARGUMENTS, "--out", folder) == 0
    return folder


def assert_same_bytes(one: Path, other: Path) -> None:
    first, second = bytes_of(one), bytes_of(other)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


# Interruptions


def records(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*.json") if path.stem.isdigit())


def interrupt(process: Any, folder: Path, at: int, number: int, delay: float) -> bool:
    """Send a signal once there are `at` records, one of them new; False when the run was faster."""
    at = max(at, records(folder) + 1)  # before its first one it may still be importing
    while process.poll() is None:
        if records(folder) >= at:
            time.sleep(delay)
            process.send_signal(number)
            break
        time.sleep(0.002)
    return process.wait() != 0


def test_killed_at_any_moment_and_resumed_is_the_same_to_the_byte(
    undisturbed: Path, tmp_path: Path
) -> None:
    total, moments = records(undisturbed), random.Random()
    signals = [signal.SIGKILL] * 5 + [signal.SIGTERM, signal.SIGINT]
    stopped = 0
    for turn, number in enumerate(signals):
        at = turn * total // (len(signals) + 1) + moments.randint(0, 3)
        with start(*ARGUMENTS, "--out", tmp_path) as process:
            cut = interrupt(process, tmp_path, at, number, moments.uniform(0, 0.03))
            assert process.stderr is not None
            talk = process.stderr.read()
        if cut:
            stopped += 1
            expected = -number if number == signal.SIGKILL else 128 + number
            assert process.returncode == expected, talk
            if number != signal.SIGKILL:
                assert (
                    "What is done is kept. Go on with:\n  vizkit gallery run lenet5@random" in talk
                )
                assert "Traceback" not in talk
                assert temporary_in(tmp_path) == []
        found = status(tmp_path).total if (tmp_path / "lenet5~arandom").exists() else None
        assert found is None or found.failed == 0
    assert stopped >= 4, "the runs were too fast for this test to mean anything"
    assert vizkit("gallery", "run", "lenet5@random", *ARGUMENTS, "--out", tmp_path) == 0
    assert temporary_in(tmp_path) == []
    assert_same_bytes(undisturbed, tmp_path)


def test_a_run_stopped_between_units_of_a_block(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the block is rendered with other neighbors, to the same bytes."""
    made = small_plan(net)
    whole, cut = Store(tmp_path / "whole"), Store(tmp_path / "cut")
    # 2 x 5 renders, fields, tunings and families, 5 filters
    assert run(whole, [(net, made)]).computed == 45
    for allowed in (1, 3, 2):
        writes = iter(range(allowed))
        write = Records.write

        def limited(*args: Any, write: Any = write, writes: Any = writes) -> None:
            if next(writes, None) is None:
                raise KeyboardInterrupt
            write(*args)

        with monkeypatch.context() as patch:
            patch.setattr(Records, "write", limited)
            with pytest.raises(KeyboardInterrupt):
                run(cut, [(net, made)])
    run(cut, [(net, made)])
    assert_same_bytes(whole.root, cut.root)
    assert not list((cut.root / LOG).glob("running-*"))


def test_shards_in_one_folder_are_an_undisturbed_run(undisturbed: Path, tmp_path: Path) -> None:
    for number in (2, 3, 1):
        shard = ("--shard", f"{number}/3")
        assert vizkit("gallery", "run", "lenet5@random", *ARGUMENTS, *shard, "--out", tmp_path) == 0
    assert vizkit("gallery", "build", tmp_path) == 0
    assert_same_bytes(undisturbed, tmp_path)


def test_a_gallery_that_grew_is_an_undisturbed_run(undisturbed: Path, tmp_path: Path) -> None:
    rest = ARGUMENTS[2:]
    run_lenet = ("gallery", "run", "lenet5@random", *rest, "--out", tmp_path)
    assert vizkit(*run_lenet, "--layers", "c5,c3", "--channels", "3,0,9") == 0
    assert vizkit(*run_lenet, "--layers", "c1", "--channels", "0-5") == 0
    assert vizkit(*run_lenet, "--channels", "0-13") == 0
    assert_same_bytes(undisturbed, tmp_path)


def test_a_second_run_touches_nothing(
    undisturbed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")}
    assert main(["gallery", "run", "lenet5@random", *ARGUMENTS, "--out", str(undisturbed)]) == 0
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")} == before
    assert "nothing to do, everything asked for is there" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"", b"{", b'{"files": 3}', None])
def test_a_damaged_record_is_done_again(net: Network, tmp_path: Path, damage: bytes | None) -> None:
    made, store = small_plan(net, "c1", "0-3"), Store(tmp_path)
    run(store, [(net, made)])
    before = bytes_of(tmp_path)
    folder = store.study_folder("lenet5@random", "c1", "renders")
    if damage is None:
        (folder / "2.webp").write_bytes(b"RIFF")
    else:
        (folder / "2.json").write_bytes(damage)
    assert run(store, [(net, made)]).computed == 1
    assert bytes_of(tmp_path) == before


def test_only_the_log_knows_time_host_and_command(undisturbed: Path) -> None:
    import socket

    host = socket.gethostname().encode()
    for name, content in bytes_of(undisturbed).items():
        assert b"wall_s" not in content, name
        assert str(undisturbed).encode() not in content, name
        assert len(host) < 6 or host not in content, name
    (log,) = (undisturbed / LOG).iterdir()
    text = log.read_text()
    assert '"event": "start"' in text and '"event": "end", "stopped": null' in text
    # Blocks of 4 units: 2 + 4 + 4 of renders; by layer: 1 of filters, 3 + 3; tuning at one go.
    assert text.count('"event": "piece"') == 10 + 1 + 3 + 3 + 1


# Work


def test_progress_rises_from_nothing_to_all(net: Network, tmp_path: Path) -> None:
    seen: list[Progress] = []
    run(Store(tmp_path), [(net, small_plan(net))], progress=seen.append)
    shares = [each.done / each.total for each in seen]
    assert shares[0] == 0 and shares[-1] == 1
    assert all(b >= a - 1e-9 for a, b in pairwise(shares))
    assert {each.what for each in seen} >= {"lenet5@random/c1:4", "lenet5@random/c3:4"}
    assert seen[-1].what == "lenet5@random: tuning"


def test_a_pass_for_all_layers_is_one_piece_and_resumed_for_what_is_left(
    net: Network, tmp_path: Path
) -> None:
    made, store = small_plan(net), Store(tmp_path)
    (piece,) = [each for each in pending(store, pieces(made)) if each.study == "tuning"]
    assert [(planned.name, channels) for planned, channels in piece.parts] == [
        ("c1", (0, 1, 2, 3, 4)),
        ("c3", (0, 1, 2, 3, 4)),
    ]
    assert piece.title == "lenet5@random: tuning"
    shares = [shard_pieces(net, made, (number, 3)) for number in (1, 2, 3)]
    assert [sum(each.study == "tuning" for each in share) for share in shares].count(1) == 1
    run(store, [(net, made)])
    before = bytes_of(tmp_path)
    store.records(made, "c3", "tuning").folder.joinpath("3.json").unlink()
    (piece,) = pending(store, pieces(made))
    assert [(planned.name, channels) for planned, channels in piece.parts] == [("c3", (3,))]
    assert run(store, [(net, made)]).computed == 1
    assert bytes_of(tmp_path) == before


# Failures


class Fragile(Study):
    """A study that behaves as it is told for each channel."""

    name = "fragile"
    title = "Fragile"
    order = 50

    def __init__(self, behavior: Mapping[Any, Any]) -> None:
        self.behavior = behavior

    def applies(self, *_: object) -> bool:
        return True

    def begin(self, *_: object) -> Compute:
        if "begin" in self.behavior:
            raise self.behavior["begin"]

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            progress(Progress(0, 0, "nothing to count"))
            for channel in piece.channels:
                what = self.behavior.get(channel)
                if isinstance(what, BaseException):
                    raise what
                if isinstance(what, Found):
                    yield what
                elif what != "nothing":
                    yield Found(channel, {"n": channel}, {f"{channel}.txt": b"x"})

        return compute

    def show(self, _: Shown) -> Panel:
        return Panel()


@pytest.fixture
def fragile() -> Iterator[Any]:
    def use(behavior: Mapping[Any, Any]) -> Plan:
        STUDIES.remove("fragile")
        register(Fragile(behavior))
        return plan(
            network("lenet5", "random"),
            layer("c1", channels=6, block_size=4, studies=("fragile",)),
        )

    yield use
    STUDIES.remove("fragile")


@pytest.mark.parametrize(
    ("behavior", "failed"),
    [
        ({1: RenderError("a\nb")}, {1: "a\nb", 2: "a\nb", 3: "a\nb"}),
        ({3: KeyError("k")}, {3: "KeyError: 'k'"}),
        ({0: Found(0, error="why")}, {0: "why"}),
        ({2: "nothing"}, {2: "the study gave no result"}),
        ({2: Found(9)}, {2: "KeyError: ('c1', 9)", 3: "KeyError: ('c1', 9)"}),
        (
            {3: Found(3, {"n": {1}})},
            {3: "TypeError: Object of type set is not JSON serializable"},
        ),
        ({5: MemoryError()}, {5: "MemoryError: "}),
        ({"begin": ImportError("captum")}, dict.fromkeys(range(6), "ImportError: captum")),
    ],
)
def test_a_failing_study_is_noted_and_the_rest_goes_on(
    net: Network, tmp_path: Path, fragile: Any, behavior: Any, failed: dict[int, str]
) -> None:
    made, store = fragile(behavior), Store(tmp_path)
    outcome = run(store, [(net, made)], progress=lambda _: None)
    assert {failure.address: failure.error for failure in outcome.failed} == {
        f"lenet5@random/c1:{n}": why for n, why in failed.items()
    }
    assert outcome.computed == 6 - len(failed)
    counts = status(tmp_path).total
    assert (counts.done, counts.failed, counts.pending) == (6 - len(failed), len(failed), 0)
    made = fragile({})
    assert run(store, [(net, made)]).computed == len(failed), "failed units are tried again"
    assert status(tmp_path).total.done == 6


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), OSError("disk full")])
def test_what_is_no_failure_of_a_unit_ends_the_run(
    net: Network, tmp_path: Path, fragile: Any, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        run(Store(tmp_path), [(net, fragile({2: error}))])
    counts = status(tmp_path).total
    assert (counts.done, counts.failed, counts.running) == (2, 0, 0)
    assert list((tmp_path / LOG).iterdir())


def test_a_plan_with_a_study_that_this_version_lacks(net: Network, tmp_path: Path) -> None:
    made = plan(network("lenet5", "random"), layer("c1", channels=1, studies=("unheard_of",)))
    outcome = run(Store(tmp_path), [(net, made)])
    why = "the plan has a study 'unheard_of' that this version lacks."
    assert outcome.failed == (Failure("lenet5@random/c1:0", "unheard_of", why),)
