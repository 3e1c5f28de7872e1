"""Tables are as wide as the terminal, and as they are where another program reads them."""

from __future__ import annotations

import sys

import pytest

from tests.cli.conftest import Terminal


@pytest.mark.parametrize("command", [("models",), ("weights", "list"), ("layers", "densenet121")])
def test_tables_fit_the_terminal(
    vizkit: Terminal, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = vizkit(*command).out
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    fitted = vizkit(*command).out
    assert max(map(len, fitted.splitlines())) <= 80
    assert "".join(sorted(fitted.split())) != "" and len(fitted) >= len(plain.strip()) // 2
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert vizkit(*command).out == plain


def test_without_a_command_there_is_help(vizkit: Terminal) -> None:
    done = vizkit()
    assert (done.code, done.err) == (0, "")
    assert done.out == vizkit("--help").out
    assert "vizkit render googlenet@distilled/inception4c:447" in done.out
