"""How far a distilled network answers as its teacher does on photographs that it never saw.

::

    python recipes/makers/teacher_agreement.py [NETWORK ...] [--weights FILE] [--photos FOLDER]

Beside it: the same architecture with random weights; each network's answers dealt out to the crops
at random; the one constant answer that agrees best, which a teacher that names few classes makes
strong; and a class at random. Crops come from the four photographs that distill_googlenet.py holds
out, a cat, a cup, a flower and a rocket, or from those of the folder. They overlap, so intervals
are narrower than those for new scenes would be.
"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

import vizkit
from distillation import (
    Crops,
    Settings,
    agreement,
    best_constant,
    photo_pool,
    read_photos,
)

BATCH = 64


def main(argv: list[str] | None = None) -> None:
    """Print a table, or JSON."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["googlenet@distilled", "googlenet@random"])
    parser.add_argument("--weights", type=Path, help="weights file, of one network only")
    parser.add_argument("--photos", type=Path, help="folder of photographs that were held out")
    parser.add_argument("--teacher", default="efficientnet_lite0@imagenet")
    parser.add_argument("--crops", type=int, default=1024, help="number of crops (default 1024)")
    parser.add_argument("--size", type=int, default=112, help="their side in pixels (default 112)")
    parser.add_argument("--seed", type=int, default=123, help="of the crops (default 123)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    if args.weights and len(args.networks) != 1:
        parser.error("--weights goes with one network")
    if args.crops < 1:
        parser.error("--crops must be positive")
    Settings(size=args.size, seed=args.seed)  # says what is out of range
    teacher = vizkit.load(args.teacher)
    held_out, skipped = read_photos(args.photos) if args.photos else (photo_pool().held_out, ())
    for _, reason in skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    counts = [min(BATCH, args.crops - done) for done in range(0, args.crops, BATCH)]

    def batches():
        """From the same seed for every network, so that all see the same crops."""
        crops = Crops(held_out.values(), args.size, sides=(120, 420), seed=args.seed)
        return (crops.draw(count) for count in counts)

    rows = []
    for name in args.networks:
        network = vizkit.load(name, weights=args.weights)
        rows.append((network.source, agreement(network, teacher, batches())))
    constant = best_constant(teacher, batches())
    if args.json:
        listed = [{"network": name} | asdict(found) for name, found in rows]
        print(json.dumps([*listed, {"network": None} | asdict(constant)]))
        return
    shown = f"{len(held_out)} photographs" if args.photos else ", ".join(held_out)
    print(f"{args.crops} crops of {shown}, {args.size} px, beside {teacher.source}")
    print(line("", "same first class", "among first five", "KL"))
    for name, found in rows:
        cells = []
        for share in (found.top1, found.top5):
            low, high = found.interval(share)
            cells.append(f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})")
        print(line(name, *cells, f"{found.kl:.2f}"))
        print(line("  its answers, dealt anew", *percent(found.dealt_top1, found.dealt_top5)))
    best, classes = percent(constant.top1, constant.top5), constant.classes
    print(line("best constant answer", *best, f"{constant.kl:.2f}"))
    print(line("a class at random", *percent(1 / classes, min(5, classes) / classes)))


def line(what, first, among, divergence=""):
    """A row of the table."""
    return f"{what:28}{first:25}{among:25}{divergence}".rstrip()


def percent(*shares):
    """Each as text."""
    return [f"{100 * share:.1f} %" for share in shares]


if __name__ == "__main__":
    vizkit.script(main)
