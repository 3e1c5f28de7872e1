"""Render three networks that need no download beyond the package registry, as one gallery.

GoogLeNet: 8 channels of conv2, conv3 and each block, two of every branch. VGG16: 4 channels of each
convolution, 2 in the last stage. EfficientNet-Lite0: 8 classes. Killed, it goes on where it was::

    python recipes/generate_gallery.py [FOLDER] [--steps N]
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from vizkit import Recipe, VizkitError
from vizkit.cli.progress import ProgressBar
from vizkit.gallery.collection import make_gallery

WANTED = {
    "googlenet@distilled": {
        "conv2": "0,8,16,24,32,40,48,56",
        "conv3": "0,24,48,72,96,120,144,168",
        "inception3a": "16,48,96,160,200,216,232,248",
        "inception3b": "32,96,176,272,344,392,432,464",
        "inception4a": "48,144,244,348,412,436,464,496",
        "inception4b": "40,120,216,328,400,432,464,496",
        "inception4c": "32,96,192,320,400,432,464,496",
        "inception4d": "28,84,184,328,416,448,480,512",
        "inception4e": "64,192,336,496,608,672,736,800",
        "inception5a": "64,192,336,496,608,672,736,800",
        "inception5b": "96,288,480,672,800,864,928,992",
    },
    "vgg16@hed": {
        f"conv{stage}_{number}": "8,24" if stage == 5 else "8,24,40,56"
        for stage, depth in enumerate((2, 2, 3, 3, 3), start=1)
        for number in range(1, depth + 1)
    },
    # Strawberry, zebra, peacock, daisy, monarch, flamingo, pineapple, tiger
    "efficientnet_lite0@imagenet": {"logits": "949,340,84,985,323,130,953,292"},
}


def main() -> int:
    """Render what is missing and print the page to open."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("gallery/out"))
    parser.add_argument("--steps", type=int, default=128, help="optimization steps of each picture")
    args = parser.parse_args()
    with ProgressBar(1.0, quiet=False) as bar:
        done = make_gallery(
            args.folder, WANTED, recipe=Recipe(steps=args.steps), callback=bar.follow
        )
    for address, reason in done.failed:
        print(f"failed: {address}: {reason}", file=sys.stderr)
    new = f"{done.computed} new results" if done.computed else "Nothing to do, all is there"
    print(f"{new}. Open {done.index.resolve()}")
    return 1 if done.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (VizkitError, KeyboardInterrupt) as error:
        sys.exit(
            f"\n{type(error).__name__}: {error}\nWhat is done is kept; run this again to go on."
        )
