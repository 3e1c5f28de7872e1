"""What each layer of a network ignores: a table, a figure over the depth, and what was found.

::

    python recipes/invariance_report.py [NETWORK] [--images DIR] [--out gallery/out]

Ten photographs, or those of a folder, are turned, scaled, shifted, swapped,
lit and colored; one pass of each image and value serves all layers and scores.
On two cores a network takes one to five minutes.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter

import vizkit


def main(argv: list[str] | None = None) -> None:
    """Measure and print the report, and save figures and data."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="?", default="googlenet@distilled")
    parser.add_argument("--layers", help="names with commas; by default all that count")
    parser.add_argument("--images", help="a folder, 'photographs' or 'noise'")
    parser.add_argument("--sweep", help="transforms with commas; by default all")
    parser.add_argument("--no-random", action="store_true", help="leave random weights out")
    parser.add_argument("--out", type=Path, default=Path("gallery/out"))
    args = parser.parse_args(argv)
    start = perf_counter()
    report = vizkit.invariance_report(
        args.network,
        args.layers.split(",") if args.layers else None,
        args.sweep.split(",") if args.sweep else None,
        images=args.images,
        random=not args.no_random,
        progress=lambda now: print(f"{perf_counter() - start:6.1f} s  {now.what}", file=sys.stderr),
    )
    print(report)
    print(f"\n{perf_counter() - start:.0f} s")
    args.out.mkdir(parents=True, exist_ok=True)
    stem = "invariance_" + report.network.replace("@", "_").replace("/", "_")
    for quantity in ("distance", "score"):
        if quantity == "score" and all(found.beside_baseline.coarse for found in report):
            continue
        report.figure(quantity=quantity).savefig(args.out / f"{stem}_{quantity}.png")
        print(args.out / f"{stem}_{quantity}.png")
    data = args.out / f"{stem}.json"
    data.write_text(json.dumps(report.as_dict(), indent=1, allow_nan=False))
    print(data)


if __name__ == "__main__":
    vizkit.script(main)
