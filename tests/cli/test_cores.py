from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from vizkit.cli import cores


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A machine of so many cores, of which this process may use some, with such a load."""

    def use(count: int, pinned: int, quota: str | None = None, load: float | None = 0.0) -> None:
        def average() -> tuple[float, float, float]:
            if load is None:
                raise OSError("no such number here")
            return load, 99.0, 99.0

        monkeypatch.setattr(os, "cpu_count", lambda: count)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(pinned)), raising=False)
        monkeypatch.setattr(os, "getloadavg", average, raising=False)
        monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
        if quota is not None:
            (tmp_path / "cpu.max").write_text(quota)

    return use


@pytest.mark.parametrize(
    ("pinned", "quota", "usable"),
    [
        (8, None, 8),
        (3, None, 3),
        (8, "max 100000\n", 8),
        (8, "200000 100000\n", 2),
        (8, "150000 100000\n", 2),
        (8, "1000 100000\n", 1),
        (3, "400000 100000\n", 3),
        (8, "", 8),
        (8, "100000 0\n", 8),
    ],
)
def test_cores_that_may_be_used(machine, pinned: int, quota: str | None, usable: int) -> None:
    machine(8, pinned, quota)
    assert cores.usable() == usable


@pytest.mark.parametrize("missing", ["sched_getaffinity", "getloadavg"])
def test_systems_that_do_not_tell(machine, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    machine(4, 4)
    monkeypatch.delattr(os, missing)
    assert cores.usable() == 4
    assert cores.hints(4) == []


@pytest.mark.parametrize(
    ("threads", "pinned", "load", "found"),
    [
        (4, 4, 4.0, []),
        (4, 4, None, []),
        (4, 1, 0.0, ["4 threads, but 1 usable core:"]),
        (4, 4, 5.25, ["5.2 programs compete for 4 cores:"]),
        (4, 2, 6.0, ["4 threads, but 2 usable cores:", "6.0 programs compete for 4 cores:"]),
        (1, 1, 9.0, []),  # a single thread waits for nobody
    ],
)
def test_hints(machine, threads: int, pinned: int, load: float | None, found: list[str]) -> None:
    machine(4, pinned, load=load)
    hints = cores.hints(threads)
    assert [hint.partition(":")[0] + ":" for hint in hints] == found
    assert all("OMP_NUM_THREADS=1" in hint for hint in hints)


def test_doctor_gives_the_hints(machine, vizkit: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    machine(2, 2, load=7.0)
    assert "Hint: 7.0 programs compete for 2 cores" in vizkit("doctor").out
    machine(2, 2, load=1.0)
    assert "Hint" not in vizkit("doctor").out
