"""Small galleries of real networks, and the bytes of a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import vizkit
from vizkit import Network, Recipe
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import make_plan
from vizkit.gallery.request import Request
from vizkit.gallery.store import LOG

QUICK = Recipe(steps=2, rescues=0, dtype="float32")


def lenet() -> Network:
    return vizkit.load("lenet5@random")


def small_plan(network: Network, layers: str = "c1,c3", channels: str = "0-4") -> Plan:
    return make_plan(network, Request(layers=layers.split(","), channels=channels, recipe=QUICK))


def bytes_of(root: Path) -> dict[str, bytes]:
    """Contents of every file but the log's, by path."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and LOG not in path.relative_to(root).parts
    }


def temporary_in(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if ".part" in path.name]


def start(*arguments: object) -> subprocess.Popen[str]:
    """``vizkit gallery run lenet5@random ...`` as a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    command = [
        sys.executable,
        "-m",
        "vizkit",
        "gallery",
        "run",
        "lenet5@random",
        *map(str, arguments),
    ]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # A test run in the background of a shell inherits that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
