"""Render three networks that need no download beyond the package registry, as one gallery.

GoogLeNet, VGG16, and eight classes of EfficientNet-Lite0. Run again, it goes on where it was::

    python recipes/generate_gallery.py [FOLDER] [--steps N]
"""

import sys
from argparse import ArgumentParser

from vizkit import ProgressBar, Recipe, VizkitError, gallery, script

WANTED = {
    "googlenet@distilled": {
        "conv2": "4,8,16,24,32,40,44,60",
        "conv3": "0,12,24,84,132,144,156,168",
        "inception3a": "16,48,96,160,192,208,224,240",
        "inception3b": "64,96,176,224,320,392,448,464",
        "inception4a": "0,96,192,244,412,424,464,496",
        "inception4b": "40,80,160,328,384,400,464,480",
        "inception4c": "64,96,128,320,384,432,448,464",
        "inception4d": "28,84,184,256,400,448,464,496",
        "inception4e": "64,192,256,416,608,672,704,768",
        "inception5a": "64,192,256,336,576,640,768,800",
        "inception5b": "96,192,384,672,800,832,896,992",
    },
    "vgg16@hed": {
        f"conv{stage}_{number}": "24,48" if stage == 5 else "24,40,48,56"
        for stage in range(1, 6)
        for number in range(1, 4 if stage > 2 else 3)
    },
    "efficientnet_lite0@imagenet": {"logits": "340,84,985,130,953,292,946,301"},
}


def main(argv: list[str] | None = None, wanted: dict[str, dict[str, str]] = WANTED) -> int:
    """Render what is missing and print the page to open."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="gallery/out")
    parser.add_argument("--steps", type=int, default=96)
    args = parser.parse_args(argv)
    print("Looking for what is missing; a network that lacks something is loaded.", file=sys.stderr)
    with ProgressBar() as bar:
        try:
            recipe = Recipe(steps=args.steps)
            done = gallery.make(wanted, args.folder, recipe=recipe, progress=bar)
        except (VizkitError, KeyboardInterrupt):
            print("\nWhat is done is kept; run it again to go on.", file=sys.stderr)
            raise
    for failure in done.failed:
        print(f"failed: {failure.address}: {failure.error}", file=sys.stderr)
    print(f"{done.computed} new results." if done.computed else "Nothing to do, all is there.")
    print("Open", done.index.resolve())
    return 1 if done.failed else 0


if __name__ == "__main__":
    script(main)
