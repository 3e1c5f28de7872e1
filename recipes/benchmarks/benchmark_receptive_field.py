"""How long does a table of receptive fields take? Beside TorchLens 2.36, in turns.

One table of GoogLeNet, then one of ResNet-50, each in a process of its own, ours and the peer's in
turn; figures are medians over the rounds. The clock runs from the network's name to the finished
table, after the imports: for the first table of a process, which pays for whatever torch loads and
sets up late, and for the same one again. ::

    python recipes/benchmarks/benchmark_receptive_field.py [--rounds 5] [--peer PYTHON] [--json]

The peer needs an environment of its own::

    python -m venv peer && peer/bin/pip install torchvision 'torchlens[tabular]==2.36.0'
    python recipes/benchmarks/benchmark_receptive_field.py --peer peer/bin/python

It builds the network, as ours does, but with memory for the weights, which it needs; that part of
its time is given, too. Memory is the most that the process held, less what it held after importing.
Its rows are its operations without those for buffers and parameters; `exact` is its own word.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections import defaultdict
from statistics import median

NETWORKS = ("googlenet", "resnet50")
GOALS = {"seconds": 1.0, "ratio": 3.0}
"""What we want to reach: a table in this time, and this many times faster than the peer."""
STEADY = 1.4
"""Highest over lowest time of equal rounds; more is no property of what is measured."""

# Each prints one line of JSON; run by the interpreter that has the package.
SHARED = """
import json, resource, sys, time
def held(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
name = sys.argv[1]
"""
OURS = (
    SHARED
    + """
import vizkit, torch, torchvision
vizkit.receptive_field  # what it needs is loaded before the clock runs
before, times = held(), []
for _ in range(2):
    start = time.perf_counter()
    fields = vizkit.receptive_field(name)
    rows = [(f.name, f.size, f.stride, f.padding, f.groups, f.interior, f.status) for f in fields]
    times.append(time.perf_counter() - start)
kinds = [row[-1] for row in rows]
print(json.dumps({"first_s": times[0], "again_s": times[1], "network_s": 0.0,
                  "mib": held() - before, "rows": len(rows), "exact": kinds.count("exact"),
                  "whole": kinds.count("whole")}))
"""
)
PEER = (
    SHARED
    + """
import torch, torchlens, torchlens.receptive_field, torchvision, pandas
before, times = held(), []
options = {"init_weights": False} if name == "googlenet" else {}
for _ in range(2):
    start = time.perf_counter()
    network = getattr(torchvision.models, name)(weights=None, **options).eval()
    built = time.perf_counter()
    with torch.no_grad():
        trace = torchlens.trace(network, torch.zeros(1, 3, 224, 224))
    table = trace.receptive_fields(level="op").to_pandas()
    times.append(time.perf_counter() - start)
table = table[~table.name.str.startswith(("buffer", "parameter"))]
kinds = [status.value for status in table.status]
print(json.dumps({"first_s": times[0], "again_s": times[1], "network_s": built - start,
                  "mib": held() - before, "rows": len(kinds), "exact": kinds.count("exact"),
                  "whole": kinds.count("whole_input")}))
"""
)


def measure(python: str, script: str, network: str) -> dict[str, float]:
    """What `script` prints, run by the interpreter `python`."""
    done = subprocess.run(
        [python, "-c", script, network], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{python} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rounds(
    names: list[str], number: int, peer: str | None
) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Figures of every round, by network and by who made them."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        name: defaultdict(list) for name in names
    }
    for each in range(number):
        for name in names:
            print(f"round {each + 1} of {number}: {name}", file=sys.stderr)
            found[name]["ours"].append(measure(sys.executable, OURS, name))
            if peer is not None:
                found[name]["peer"].append(measure(peer, PEER, name))
    return found


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Medians over the rounds; counts are the same in all."""
    return {
        key: median(row[key] for row in rows) if isinstance(value, float) else value
        for key, value in rows[0].items()
    }


def table(found: dict[str, dict[str, list[dict[str, float]]]]) -> str:
    """Figures for people."""
    lines = [
        f"{'':12}{'':6}{'first':>9}{'again':>9}{'network':>9}{'memory':>11}"
        f"{'rows':>6}{'exact':>7}{'whole':>7}"
    ]
    for name, by in found.items():
        for who, rows in by.items():
            own = summary(rows)
            line = f"{name:12}{who:6}"
            line += "".join(f"{own[key]:7.3f} s" for key in ("first_s", "again_s", "network_s"))
            line += f"{own['mib']:7.0f} MiB{own['rows']:6}{own['exact']:7}{own['whole']:7}"
            times = [row["first_s"] for row in rows]
            line += f"   first: {min(times):.3f} to {max(times):.3f} s"
            lines.append(line + "  UNSTEADY" * (max(times) > STEADY * min(times)))
        if "peer" in by:
            ours, peer = summary(by["ours"]), summary(by["peer"])
            first, again = (peer[key] / ours[key] for key in ("first_s", "again_s"))
            goal = f"(goal: {GOALS['ratio']:g})"
            lines.append(f"{'':12}{first:.1f} times faster, {again:.1f} again {goal}")
    if any("UNSTEADY" in line for line in lines):
        lines.append("Something else ran at the time: the figures mean little. Repeat.")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", metavar="PYTHON", help="interpreter that has TorchLens")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    args = parser.parse_args(argv)
    found = rounds(args.networks, args.rounds, args.peer)
    print(json.dumps(found, indent=1) if args.json else table(found))


if __name__ == "__main__":
    main()
