"""The bar of long work, where stderr is no terminal: a line at each thing and each tenth."""

from __future__ import annotations

import pytest

from vizkit.progress import Progress, ProgressBar


def shown(capsys: pytest.CaptureFixture[str], *steps: Progress, quiet: bool = False) -> list[str]:
    with ProgressBar(quiet=quiet) as bar:
        for step in steps:
            bar(step)
    return capsys.readouterr().err.splitlines()


def test_each_thing_and_each_tenth_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *(Progress(n, 100, "a" if n < 50 else "b") for n in range(1, 100)))
    assert [line.split()[0] for line in lines] == ["1", *(str(10 * n) for n in range(1, 10))]
    assert [line.split()[-1] for line in lines] == ["a"] * 5 + ["b"] * 5


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, Progress(1, 2, "a"), quiet=True) == []


def test_nothing_to_do_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, Progress(0, 0, "a"))[0].startswith("100 %")
