"""When a step is done as it is, recorded or replayed; a fake plays the device."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import vizkit
from vizkit.rendering.replay import _Replay, _say, replaying


class Graph:
    """What happens to a CUDA graph."""

    log: list[str]

    def __getattr__(self, name: str) -> object:
        return lambda: self.log.append(name.removeprefix("capture_"))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All that is done, in order."""
    Graph.log = []
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", lambda mode: Graph.log.append(str(mode)))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    _say.cache_clear()
    yield Graph.log
    _say.cache_clear()


def turn(waking: bool) -> tuple[Tensor, Tensor]:
    Graph.log.append("waking" if waking else "turn")
    return torch.zeros(1), torch.ones(1)


def test_twice_as_it_is_then_recorded_then_replayed(log: list[str]) -> None:
    replay = _Replay(turn, "net")
    results = [replay(False) for _ in range(5)]
    replay.forget()
    assert log == [
        *("turn", "warn", "turn", "2"),
        *("begin", "turn", "end", "replay", "replay", "replay", "reset"),
    ]
    assert len({id(images) for images, _ in results}) == 5


def test_waking_is_another_record(log: list[str]) -> None:
    replay = _Replay(turn, "net")
    for waking in (True, True, True, False, False):
        replay(waking)
    assert log == [
        *("waking", "warn", "waking", "2", "begin", "waking", "end", "replay"),
        *("reset", "turn", "warn", "turn", "2"),
    ]


def test_what_waits_is_never_recorded_and_said_once(log: list[str]) -> None:
    def waits(waking: bool) -> tuple[Tensor, Tensor]:
        if log[-1:] == ["warn"]:
            warnings.warn("called a synchronizing CUDA operation", stacklevel=1)
            warnings.warn("something else", DeprecationWarning, stacklevel=1)
        return turn(waking)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(2):
            replay = _Replay(waits, "net")
            for _ in range(4):
                replay(False)
    assert "begin" not in log and log.count("turn") == 8
    messages = [str(each.message) for each in said]
    (ours,) = [each for each in messages if "CUDA graph" in each]
    assert re.search(r"of net cannot.*\n.*test_replay\.py:\d+ waits for the device", ours)
    assert messages.count("something else") == 2


def test_what_cannot_be_recorded_goes_on(log: list[str]) -> None:
    def refuses(waking: bool) -> tuple[Tensor, Tensor]:
        if log[-1:] == ["begin"]:
            raise RuntimeError("not here\nand more")
        return turn(waking)

    replay = _Replay(refuses, "net")
    with pytest.warns(UserWarning, match=r"later\.\n  not here$"):
        for _ in range(5):
            replay(False)
    assert log == ["turn", "warn", "turn", "2", "begin", "end", "reset", "turn", "turn", "turn"]


def test_other_errors_are_not_hidden(log: list[str]) -> None:
    def breaks(waking: bool) -> tuple[Tensor, Tensor]:
        if log[-1:] == ["begin"]:
            raise KeyError("a mistake")
        return turn(waking)

    replay = _Replay(breaks, "net")
    replay(False), replay(False)
    with pytest.raises(KeyError):
        replay(False)
    replay.forget()
    assert log[-3:] == ["begin", "end", "reset"]


def test_a_cpu_replays_nothing() -> None:
    with replaying(turn, vizkit.load("lenet5@random", device="cpu")) as given:
        assert given is turn
