"""Files that are written in one move, so that nobody ever sees a part of one."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vizkit.filenames import encode

_SUFFIX = ".part"
_MAKER = re.compile(r"~h(?P<host>[^/]+)-(?P<process>\d+)\.part$")
_DAY_S = 86_400


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into, which takes its name when the block ends.

    It does not when the block fails, or removes the file; then no trace of it is left. The folders
    that `path` is in are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}~h{_host()}-{os.getpid()}{_SUFFIX}")
    try:
        yield part
        if part.exists():
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, and the folders that it is in.

    Unchanged contents are left alone, so that a second run touches nothing.
    """
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    except OSError:
        pass
    with replacing(path) as part:
        part.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a text file, UTF-8 with Unix line ends."""
    write_bytes(path, content.encode())


def remove_abandoned(folder: Path) -> None:
    """Remove what killed programs left half-written in `folder`; files of living ones stay.

    A program on another host cannot be asked whether it lives: its files stay for a day.
    """
    for path in folder.rglob(f".*{_SUFFIX}"):
        maker = _MAKER.search(path.name)
        if maker is None:
            continue  # somebody else's
        try:
            mine = maker["host"] == _host() and not _alive(int(maker["process"]))
            if mine or time.time() - path.stat().st_mtime > _DAY_S:
                path.unlink(missing_ok=True)
        except OSError:
            continue  # its program has just finished it


def _host() -> str:
    return encode(socket.gethostname())


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()
