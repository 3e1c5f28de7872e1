"""Are two trees of vizkit equally fast, and as modest with memory? In turns, in one run.

::

    python recipes/benchmarks/interleaved.py BEFORE AFTER [--rounds 5] [--only import,rf] [--json]

BEFORE and AFTER are folders that hold a `vizkit/`, such as `git worktree add ../before TAG` makes.
Each command runs in a process of its own, on one thread, first with one tree and then with the
other; every second round the other way around. Given are medians over the rounds of the processor
time and of the most memory, and the median of the rounds' ratios: neighbors in time see the same
neighbors on the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from statistics import median

PLAN = """
import vizkit
from vizkit.gallery.planning import make_plan
network = vizkit.load("googlenet@distilled")
try:
    from vizkit.gallery.request import Request
except ImportError:  # an older tree
    make_plan(network)
else:
    make_plan(network, Request())
"""
CASES: dict[str, list[str]] = {
    "import": ["-c", "import vizkit"],
    "layers": ["-m", "vizkit", "layers", "vgg16"],
    "rf": ["-m", "vizkit", "rf", "googlenet"],
    "render": ["-m", "vizkit", "render", "googlenet@distilled/inception4a:0-15", "--steps", "32"],
    "tuning": ["-m", "vizkit", "probe", "googlenet@distilled/conv2:0-15", "--sweep", "rotation"],
    "plan": ["-c", PLAN],
}
GOAL = 1.03
QUANTITIES = {"seconds": "s", "memory": "MiB"}


def measure(tree: Path, arguments: list[str]) -> dict[str, float]:
    """Processor time in s and MiB of one process."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    # Nothing of the folder that this runs in is on the path of what is measured.
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} failed with {tree}")
    return {"seconds": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


def rounds(
    trees: tuple[Path, Path], names: list[str], count: int
) -> dict[str, list[list[dict[str, float]]]]:
    """For each case the rounds, for each round what was measured of either tree."""
    runs: dict[str, list[list[dict[str, float]]]] = {name: [] for name in names}
    for name in names:
        for number in range(count):
            print(f"{name}: round {number + 1} of {count}", file=sys.stderr)
            order = (0, 1) if number % 2 == 0 else (1, 0)
            pair = {index: measure(trees[index], CASES[name]) for index in order}
            runs[name].append([pair[0], pair[1]])
    return runs


def table(runs: dict[str, list[list[dict[str, float]]]]) -> str:
    """Medians and ratios, for people."""
    lines = [f"{'':8} {'':16}{'before':>10}{'after':>10}{'ratio':>8}"]
    for name, pairs in runs.items():
        for quantity, unit in QUANTITIES.items():
            before, after = (median(pair[i][quantity] for pair in pairs) for i in (0, 1))
            ratio = median(pair[1][quantity] / pair[0][quantity] for pair in pairs)
            above = "  more than 3 % above" if ratio > GOAL else ""
            label = f"{quantity}, {unit}"
            lines.append(f"{name:8} {label:16}{before:10.2f}{after:10.2f}{ratio:8.3f}{above}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help=f"with commas, of {', '.join(CASES)}")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    names = args.only.split(",") if args.only else list(CASES)
    runs = rounds((args.before.absolute(), args.after.absolute()), names, args.rounds)
    print(json.dumps(runs, indent=1) if args.json else table(runs))


if __name__ == "__main__":
    main()
