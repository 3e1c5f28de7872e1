"""How far a distilled network answers as its teacher does on photographs that it never saw.

::

    python recipes/teacher_agreement.py [NETWORK ...] [--weights FILE] [--photos FOLDER]

Beside chance, and beside the same architecture with random weights. Crops come from the four
photographs that distill_googlenet.py holds out, a cat, a cup, a flower and a rocket, or from those
of the folder. They overlap, so the intervals are narrower than those for new scenes would be.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit.distillation import Crops, agreement, photo_pool, read_photos

BATCH = 64


def main() -> None:
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
    args = parser.parse_args()
    if args.weights and len(args.networks) != 1:
        parser.error("--weights goes with one network")
    teacher = vizkit.load(args.teacher)
    held_out, skipped = read_photos(args.photos) if args.photos else (photo_pool().held_out, ())
    for _, reason in skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    counts = [min(BATCH, args.crops - done) for done in range(0, args.crops, BATCH)]
    rows = []
    for name in args.networks:
        network = vizkit.load(name, weights=args.weights)
        # From the same seed for every network, so that all see the same crops.
        crops = Crops(held_out.values(), args.size, sides=(120, 420), seed=args.seed)
        found = agreement(network, teacher, (crops.draw(count) for count in counts))
        rows.append((network.source, found))
    if args.json:
        keys = ("top1", "top5", "kl", "images")
        listed = [{"network": name} | {key: getattr(f, key) for key in keys} for name, f in rows]
        print(json.dumps(listed))
        return
    shown = f"{len(held_out)} photographs" if args.photos else ", ".join(held_out)
    print(f"{args.crops} crops of {shown}, {args.size} px, beside {teacher.source}")
    print(f"{'':24} {'same first class':>22} {'among first five':>22} {'KL':>6}")
    for name, found in rows:
        cells = []
        for share in (found.top1, found.top5):
            low, high = found.interval(share)
            cells.append(f"{share:6.1%} ({low:.1%} to {high:.1%})".replace("%", " %"))
        print(f"{name:24} {cells[0]:>22} {cells[1]:>22} {found.kl:6.2f}")
    classes = rows[0][1].classes
    print(f"{'chance':24} {100 / classes:5.1f} % {'':15} {100 * min(5, classes) / classes:5.1f} %")


if __name__ == "__main__":
    vizkit.script(main)
