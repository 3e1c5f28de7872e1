"""Interruptions that wait for the end of what must not be cut in the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl-C and a termination signal wait until the block has ended; a second one does not.

    PyTorch takes its dispatch modes off and puts them on again in Python: an exception in between
    leaves them confused, and the next operation ends the process with an abort. Signals that are
    ignored, or that end the process at once, do as before, and so does everything in a thread other
    than the main one, where Python raises no signal.

    Examples
    --------
    >>> try:
    ...     with held_back():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("done")
    ... except KeyboardInterrupt:
    ...     print("interrupted")
    done
    interrupted
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(handler := signal.getsignal(number))
    }
    came: list[tuple[int, FrameType | None]] = []

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def note(number: int, frame: FrameType | None) -> None:
        came.append((number, frame))
        restore()

    for number in handlers:
        signal.signal(number, note)
    try:
        yield
    finally:
        restore()
        for number, frame in came:
            handlers[number](number, frame)
