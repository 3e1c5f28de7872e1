"""Run a recipe in a process of its own, and keep what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from vizkit.files import write_text
from vizkit.progress import OnProgress, Progress
from website.chapter import Chapter

LIMIT_S = 600.0
_PICTURES = (".png", ".gif", ".svg")


@dataclass(frozen=True)
class Result:
    """What a run of a recipe gave.

    Attributes
    ----------
    source_hash : of the recipe that ran.
    problem : empty when all went well, otherwise what did not.
    wall_s : seconds that it took.
    output, errors : what it printed; errors only where there is a problem.
    figures : names of the files that it wrote, the main one first.
    """

    source_hash: str
    problem: str
    wall_s: float
    output: str
    errors: str
    figures: list[str]


def run(chapter: Chapter, out: Path, names: Iterable[str], progress: OnProgress) -> Result:
    """Run a chapter's recipe and record the result in `out`.

    Its figures of an earlier run are removed first, so that none can be taken for a new one.

    Parameters
    ----------
    names : of all recipes, to tell whose a figure is.
    progress : called twice a second with the seconds passed, of those that it may take.
    """
    if not chapter.source:
        return _missing(chapter)
    for figure in figures_of(chapter.name, out, names):
        (out / figure).unlink()
    command = [sys.executable, str(chapter.path), "--out", str(out)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        try:
            problem = _wait(process, start, lambda s: progress(Progress(s, LIMIT_S, chapter.name)))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        wall_s = time.monotonic() - start
        printed, complaints = _text(output), _text(errors)
    figures = figures_of(chapter.name, out, names)
    if not problem and (not figures or Path(figures[0]).stem != chapter.name):
        problem = f"it wrote no {chapter.name}.png"
    errors_shown = "\n".join(complaints.splitlines()[-30:]) if problem else ""
    result = Result(_hash(chapter), problem, wall_s, printed, errors_shown, figures)
    write_text(_record(chapter, out), json.dumps(asdict(result), indent=1) + "\n")
    return result


def earlier(chapter: Chapter, out: Path) -> Result | None:
    """Result of an earlier run; None without one, or when the recipe has changed since."""
    if not chapter.source:
        return _missing(chapter)
    try:
        result = Result(**json.loads(_record(chapter, out).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    there = all((out / figure).is_file() for figure in result.figures)
    return result if there and result.source_hash == _hash(chapter) else None


def figures_of(name: str, out: Path, names: Iterable[str]) -> list[str]:
    """Files in `out` that are the recipe's: ``name.png`` first, then ``name_what.png``."""
    longer = tuple(other for other in names if other.startswith(f"{name}_"))
    files = [
        path.name
        for path in out.glob(f"{name}*")
        if path.suffix in _PICTURES
        and (path.stem == name or path.stem.startswith(f"{name}_"))
        and not path.stem.startswith(longer)
    ]
    return sorted(files, key=lambda file: (Path(file).stem != name, file))


def _missing(chapter: Chapter) -> Result:
    return Result("", f"{chapter.path.name} is missing", 0.0, "", "", [])


def _wait(process: subprocess.Popen[bytes], start: float, told: Callable[[float], None]) -> str:
    while True:
        try:
            code = process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            passed = time.monotonic() - start
            if passed > LIMIT_S:
                return f"it was stopped after {LIMIT_S:.0f} s"
            told(passed)
        else:
            return f"it ended with code {code}" if code else ""


def _record(chapter: Chapter, out: Path) -> Path:
    return out / "results" / f"{chapter.name}.json"


def _hash(chapter: Chapter) -> str:
    return hashlib.sha256(chapter.source.encode()).hexdigest()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").strip("\n")
