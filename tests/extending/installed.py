"""A package of a stranger's as pip leaves it: a module on the path, and metadata beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n"
ROOT = Path(__file__).parents[2]


def install(folder: Path, name: str, code: str, group: str, point: str) -> None:
    """Put module `name` into `folder`, with the entry point `point` of `group`."""
    info = folder / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(code)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(f"[{group}]\n{point}\n")


def vizkit(folder: Path, *arguments: str) -> str:
    """What the command prints in a new process with `folder` on its path."""
    done = subprocess.run(
        [sys.executable, "-m", "vizkit", *arguments],
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
