"""Programs end with sentences and exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

import vizkit
from vizkit import cli
from vizkit.errors import UsageError, WeightsNotFoundError


def code(run) -> int:
    with pytest.raises(SystemExit) as stop:
        vizkit.script(run)
    return stop.value.code


def raising(error: BaseException):
    def run() -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (WeightsNotFoundError("no weights"), 3, "WeightsNotFoundError: no weights"),
        (UsageError("not so"), 2, "UsageError: not so"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_errors_are_sentences(error, expected, said, capsys):
    assert code(raising(error)) == expected
    assert capsys.readouterr().err.strip() == said


def test_own_exit_codes():
    assert code(lambda: None) == 0
    assert code(lambda: 1) == 1


def test_a_folder_that_cannot_be(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")
    assert code(lambda: (file / "out").mkdir(parents=True)) == 2
    assert capsys.readouterr().err.strip() == f"UsageError: {str(file / 'out')!r}: Not a directory."


def test_termination(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert code(lambda: os.kill(os.getpid(), signal.SIGTERM)) == 143
    assert "Terminated." in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_mistakes_of_a_program_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        vizkit.script(lambda: 1 // 0)
    with pytest.raises(OSError, match="no file in it"):
        vizkit.script(raising(OSError("no file in it")))


@pytest.mark.parametrize(
    "run",
    [
        "import runpy; runpy.run_module('vizkit', run_name='__main__')",
        "import vizkit; vizkit.script(lambda: None)",
    ],
)
def test_interrupted_when_all_is_done(run):
    late = "import atexit, os; atexit.register(lambda: os.kill(os.getpid(), 2)); "
    result = subprocess.run(
        [sys.executable, "-c", late + run, "models"], capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_inside_a_text_that_is_executed(number, expected, tmp_path):
    """Dataclasses and named tuples execute texts; Python remembers a Ctrl-C that comes in one."""
    wait = f"import signal, time; signal.raise_signal({number}); time.sleep(10)"
    (tmp_path / "program.py").write_text(f"import vizkit; vizkit.script(lambda: exec({wait!r}))")
    result = subprocess.run(
        [sys.executable, "-m", "program"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == expected
    assert result.stderr.strip() in ("Interrupted.", "Terminated.")


def test_what_ignores_interruptions_goes_on_ignoring_them():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert code(lambda: signal.raise_signal(signal.SIGINT)) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_interrupted_while_it_reads_its_arguments(monkeypatch, capsys):
    monkeypatch.setattr(cli, "build_parser", raising(KeyboardInterrupt()))
    assert cli.main(["models"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_an_impatient_second_interruption_changes_nothing(tmp_path):
    """It comes while the first one is told, and again while the interpreter goes down."""
    (tmp_path / "program.py").write_text(
        "import atexit, builtins, os, signal, vizkit\n"
        "def both(*_):\n"
        "    for number in (signal.SIGINT, signal.SIGTERM): os.kill(os.getpid(), number)\n"
        "atexit.register(both)\n"
        "told = builtins.print\n"
        "def tell(*given, **named): both(); told(*given, **named)\n"
        "builtins.print = tell\n"
        "vizkit.script(lambda: signal.raise_signal(signal.SIGINT))\n"
    )
    command = [sys.executable, "-m", "program"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stderr.strip()) == (130, "Interrupted.")


def test_a_program_in_a_thread_ends_as_elsewhere():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(cli.main(["models", "--nonsense"])))
    thread.start()
    thread.join()
    assert codes == [2]
