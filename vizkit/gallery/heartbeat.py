"""Which units are being worked on right now: small files in ``log/`` that a run keeps fresh.

A heartbeat says nothing about what is done; it only lets `status` count what is running. One whose
run was killed goes stale by itself.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from vizkit.filenames import encode
from vizkit.files import write_text
from vizkit.gallery.plan import to_json
from vizkit.gallery.store import LOG

FRESH_S = 120.0
"""A heartbeat that was not renewed for so long belongs to a run that is no more."""


class Heartbeat:
    """Heartbeat of this process in a gallery; use as a context manager.

    Parameters
    ----------
    root : the gallery folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Heartbeat(Path(folder)) as heartbeat:
    ...         heartbeat.beat(["vgg16@hed/conv1_1:0"])
    ...         during = running(Path(folder))
    ...     during, running(Path(folder))
    (frozenset({'vgg16@hed/conv1_1:0'}), frozenset())
    """

    def __init__(self, root: Path) -> None:
        # Host and process keep runs on a shared disk apart.
        name = f"running-{encode(socket.gethostname())}-{os.getpid()}.json"
        self.path = root / LOG / name

    def __enter__(self) -> Heartbeat:
        return self

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)

    def beat(self, addresses: Iterable[str]) -> None:
        """Say that these units are in work; call at least once a minute."""
        write_text(self.path, to_json({"addresses": list(addresses)}))
        os.utime(self.path)  # equal contents are not rewritten, but they are as fresh


def running(root: Path) -> frozenset[str]:
    """Addresses of the units that some run is working on.

    Parameters
    ----------
    root : the gallery folder.
    """
    addresses: set[str] = set()
    for path in (root / LOG).glob("running-*.json"):
        try:
            if time.time() - path.stat().st_mtime >= FRESH_S:
                continue
            data = json.loads(path.read_text(encoding="utf-8"))
            addresses.update(str(address) for address in data["addresses"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # another run may be removing it, and a damaged one counts for nothing
    return frozenset(addresses)
