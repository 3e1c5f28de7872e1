"""How a program ends: errors as sentences on stderr, and an exit code that tells what happened."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from vizkit.errors import UsageError, VizkitError


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or a termination signal; carries the exit code that tells which.

    A plain ``KeyboardInterrupt`` would not do: one that passes through ``exec`` of a text, as in
    the making of a dataclass, makes ``python -m`` end itself by SIGINT although it was caught.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


def ended(run: Callable[[], int | None]) -> int:
    """Call `run` and return the exit code: its own, 0 for None, or that of what ended it.

    Ctrl-C and a termination signal while the interpreter goes down, which takes a while with torch,
    change no exit code.
    """
    atexit.unregister(_ignore_interruptions)
    atexit.register(_ignore_interruptions)
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other one takes signals
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        before = {n: each for n, each in handlers.items() if each not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, _interrupt)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]
            return int(run() or 0)
    except VizkitError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as stop:
        if before:
            _ignore_interruptions()  # an impatient second one must not cut the sentence
        code = stop.code if isinstance(stop, Interrupted) else 128 + signal.SIGINT
        word = "Terminated" if code == 128 + signal.SIGTERM else "Interrupted"
        print(f"\n{word}.", file=sys.stderr)
        return code
    except BrokenPipeError:
        # The reader of our output has gone (`vizkit layers vgg16 | head`): not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def script(run: Callable[[], int | None]) -> NoReturn:
    """Run a program of one's own as the command line runs its commands, and exit.

    Errors of vizkit, and files and folders that cannot be read or written, are sentences on stderr
    in place of a traceback. Exit codes: 0 done, 1 finished but something failed, 2 usage, 3 what
    the machine lacks (weights, a package, a device), 130 and 143 interrupted.

    Parameters
    ----------
    run : the program; what it returns is the exit code, None for 0.

    Raises
    ------
    SystemExit : always.

    Examples
    --------
    >>> script(lambda: None)
    Traceback (most recent call last):
    SystemExit: 0
    """

    def with_files() -> int | None:
        try:
            return run()
        except (VizkitError, BrokenPipeError):
            raise
        except OSError as error:
            if error.filename is None:
                raise
            raise UsageError(f"{str(error.filename)!r}: {error.strerror}.") from error

    sys.exit(ended(with_files))


def _ignore_interruptions() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise Interrupted(number)


def _show_warning(message: Warning | str, *_: object) -> None:
    print(f"warning: {message}", file=sys.stderr)
