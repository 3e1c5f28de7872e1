"""The log of a run: time, host and command line, which nothing else in a gallery contains."""

from __future__ import annotations

import json
import os
import platform
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from vizkit.filenames import encode
from vizkit.gallery.store import LOG
from vizkit.version import __version__


class Log:
    """One file of JSON lines per run; use as a context manager.

    Parameters
    ----------
    root : the gallery folder.
    command : command line.
    device : device of the network.
    """

    def __init__(self, root: Path, command: str, device: str) -> None:
        self._folder = root / LOG
        self._head = {"command": command, "device": device}
        self._file: TextIO | None = None

    def __enter__(self) -> Log:
        now = datetime.now(UTC)
        self._folder.mkdir(parents=True, exist_ok=True)
        host = encode(socket.gethostname())
        path = self._folder / f"run-{now:%Y%m%dT%H%M%S.%f}-{host}-{os.getpid()}.jsonl"
        self._file = path.open("w", encoding="utf-8")
        self._write(
            event="start",
            host=socket.gethostname(),
            platform=platform.platform(),
            python=platform.python_version(),
            vizkit=__version__,
            **self._head,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._write(event="end", stopped=None if kind is None else kind.__name__)
        if self._file is not None:
            self._file.close()

    def piece(self, units: str, study: str, wall_s: float) -> None:
        """Note a piece of work and how long it took, in seconds."""
        self._write(event="piece", units=units, study=study, wall_s=round(wall_s, 3))

    def _write(self, **fields: Any) -> None:
        assert self._file is not None
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **fields}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
