"""How a program ends: errors as sentences on stderr, and an exit code that tells what happened."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from vizkit.errors import UsageError, VizkitError


class Interrupted(BaseException):
    """A termination signal; carries the exit code that tells which."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def ended(run: Callable[[], int | None]) -> int:
    """Call `run` and return the exit code: its own, 0 for None, or that of what ended it.

    Ctrl-C while the interpreter goes down, which takes a while with torch, changes no exit code.
    """
    atexit.unregister(_ignore_interruptions)
    atexit.register(_ignore_interruptions)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]
            return int(run() or 0)
    except VizkitError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except Interrupted as stop:
        print("\nTerminated.", file=sys.stderr)
        return stop.code
    except BrokenPipeError:
        # The reader of our output has gone (`vizkit layers vgg16 | head`): not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise Interrupted(128 + signum)


def _show_warning(message: Warning | str, *_: object) -> None:
    print(f"warning: {message}", file=sys.stderr)
