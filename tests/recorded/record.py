"""What the commands of two trees print and write, side by side: a refactoring moves nothing.

::

    python tests/recorded/record.py --tree TREE --out DIR [--only rf,probe] [--case 'lenet5*']
    python tests/recorded/record.py --compare DIR DIR [--only rf,probe] [--case 'lenet5*']

`cases.toml` states the cases: commands, run one after another in a folder of their own, on one
thread and offline. Kept are their output, their exit codes and the files they write; of a file over
2 MiB the hash. Times and the paths of a tree are masked. Cases that are there are not run again.
`differences.toml` states what may differ, and why; --compare exits with 1 if anything else does.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
LARGE = 2**21
TEXT = {".txt", ".json", ".html", ".csv", ".svg", ".css", ".js"}
PICTURES = {".png", ".webp"}
MASKS = (
    (r'("[a-z_]*(?:wall|cost|seconds)[a-z_]*":) [\d.e+-]+', r"\1 TIME"),
    (r"(?<![\w.])\d[\d,.]* (s|min|seconds)\b", r"TIME"),
)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VIZKIT_OFFLINE": "1",
    "COLUMNS": "100",
}


def cases(only: str | None, pattern: str) -> Iterator[tuple[str, list[str]]]:
    """Name and commands of the cases asked for."""
    groups: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "cases.toml").read_text())
    for group in only.split(",") if only else groups:
        for name, commands in groups[group].items():
            if fnmatch(name, pattern):
                yield f"{group}/{name}", commands


def run(commands: list[str], tree: Path, folder: Path) -> None:
    """Run a case and mask what it left."""
    from skimage import data

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    astronaut = str(Path(data.__file__).parent / "astronaut.png")
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(tree)}
    for number, command in enumerate(commands, 1):
        program, *words = shlex.split(command.replace("{astronaut}", astronaut))
        if program == "recipe":
            scripts = (tree / "recipes").rglob(words.pop(0))
            script = min(scripts, key=lambda path: len(path.parts))
            start = [str(script)]
        else:
            start = ["-m", program]
        done = subprocess.run(
            [sys.executable, *start, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        text = f"$ {command}\n{done.stdout}exit code {done.returncode}\n"
        (folder / f"{number}.txt").write_text(text)
        (folder / f"{number}.err").write_text(done.stderr)
    shutil.rmtree(folder / "gallery" / "log", ignore_errors=True)
    masks = [*MASKS, *((re.escape(str(path)), "PATH") for path in (folder, tree))]
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.suffix in TEXT:
            text = path.read_text()
            for mask, instead in masks:
                text = re.sub(mask, instead, text)
            path.write_text(text)
        if path.stat().st_size > LARGE:
            path.with_name(path.name + ".sha256").write_text(
                hashlib.sha256(path.read_bytes()).hexdigest()
            )
            path.unlink()


def differences(before: Path, after: Path) -> Iterator[str]:
    """What differs between two records of a case, a line each."""
    names = {
        path.relative_to(root)
        for root in (before, after)
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".err"
    }
    for name in sorted(names):
        one, other = before / name, after / name
        if not (one.exists() and other.exists()):
            yield f"{name}: {'only before' if one.exists() else 'only after'}"
        elif one.read_bytes() != other.read_bytes():
            if name.suffix in PICTURES:
                yield f"{name}: {of_pictures(one, other)}"
            elif name.suffix in TEXT:
                yield from (
                    f"{name}: {line}" for line in of_texts(one.read_text(), other.read_text())
                )
            else:
                yield f"{name}: other bytes"


def of_texts(one: str, other: str) -> Iterator[str]:
    """Values of JSON, or else the lines of a text, that differ."""
    try:
        (head, one_json, end), (other_head, other_json, other_end) = parts(one), parts(other)
    except ValueError:
        lines = difflib.unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm="")
        yield from (line for line in lines if not line.startswith(("---", "+++", "@@")))
        return
    if (head, end) != (other_head, other_end):
        yield f"{head} {end} -> {other_head} {other_end}"
    yield from of_values(one_json, other_json, "")


def parts(text: str) -> tuple[str, Any, str]:
    """The first and the last line of a recorded output, and the JSON between them."""
    text = text.replace(" TIME", " 0")
    if not text.startswith("$ "):
        return "", json.loads(text), ""
    head, *lines, end = text.splitlines()
    return head, json.loads("\n".join(lines)), end


def of_values(one: Any, other: Any, where: str) -> Iterator[str]:
    """Places in JSON where values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in other:
                yield f"{where}.{key} only before"
            elif key not in one:
                yield f"{where}.{key} only after"
            else:
                yield from of_values(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from of_values(left, right, f"{where}[{index}]")
    elif one != other:
        yield f"{where} {json.dumps(one)[:80]} -> {json.dumps(other)[:80]}"


def of_pictures(one: Path, other: Path) -> str:
    """How far apart two pictures are."""
    with Image.open(one) as first, Image.open(other) as second:
        if first.size != second.size:
            return f"{first.size} -> {second.size} pixels"
        apart = np.abs(np.asarray(first, np.int32) - np.asarray(second, np.int32))
    if not apart.any():
        return "same pixels, other bytes"
    return f"{(apart > 0).mean():.1%} of the values differ, by {apart.max()} of 255 at most"


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(before: Path, after: Path, names: list[str]) -> int:
    """Print what differs; 1 if anything does that nobody expects."""
    expected = tomllib.loads((HERE / "differences.toml").read_text())["difference"]
    unexpected = 0
    for name in names:
        if not ((before / name).exists() and (after / name).exists()):
            say(f"{name}: not recorded in both")
            unexpected += 1
            continue
        lines = list(differences(before / name, after / name))
        reasons: dict[str, int] = {}
        left = []
        for line in lines:
            for reason in expected:
                if any(fnmatch(name, case) for case in reason["cases"]) and re.search(
                    reason["lines"], line
                ):
                    reasons[reason["why"]] = reasons.get(reason["why"], 0) + 1
                    break
            else:
                left.append(line)
        unexpected += len(left)
        say(f"{name}: {'differs' if left else 'as expected' if reasons else 'the same'}")
        for why, count in reasons.items():
            say(f"    {count} x {why}")
        for line in left[:20]:
            say(f"    ? {line[:200]}")
        if len(left) > 20:
            say(f"    ? ... and {len(left) - 20} more")
    return int(unexpected > 0)


def main() -> int:
    """Record or compare."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, default=HERE.parent.parent)
    parser.add_argument("--out", type=Path, metavar="DIR")
    parser.add_argument("--compare", type=Path, nargs=2, metavar="DIR")
    parser.add_argument("--only", help="groups with commas")
    parser.add_argument("--case", default="*", help="a pattern of names")
    args = parser.parse_args()
    chosen = list(cases(args.only, args.case))
    if args.compare:
        return compare(*args.compare, [name for name, _ in chosen])
    for name, commands in chosen:
        folder = args.out.absolute() / name
        if not folder.exists():
            say(name)
            partial = folder.with_name("." + folder.name)
            run(commands, args.tree.absolute(), partial)
            partial.rename(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
