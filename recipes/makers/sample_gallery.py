"""Make gallery/sample again: a small gallery of three trained networks that is kept in git.

Channels were chosen by looking at some hundred: not typical. GoogLeNet's: with earlier weights::

    python recipes/makers/sample_gallery.py [FOLDER] [--steps N]
"""

import shutil
from argparse import ArgumentParser
from pathlib import Path

import vizkit

WANTED = {
    "googlenet@distilled": {
        "conv2": "4,8,24,28,32,40,44,60",
        "inception3a": "16,48,96,160,200,208,224,240",
        "inception3b": "64,96,176,224,272,392,448,464",
        "inception4a": "0,48,96,144,244,464,480,496",
        "inception4c": "96,128,192,320,384,432,448,464",
        "inception4d": "28,56,84,256,448,464,480,496",
        "inception5a": "64,192,256,336,640,704,768,800",
        "inception5b": "96,192,288,576,800,832,864,992",
    },
    "vgg16@hed": {
        "conv3_1": "32,64,144,160,176,192,224,240",
        "conv4_1": "0,32,96,160,192,224,416,480",
        "conv4_3": "96,160,192,224,256,352,384,448",
    },
    "efficientnet_lite0@imagenet": {"logits": "340,84,985,130,953,292,946,301"},
}
STUDIES = ("renders", "examples", "receptive_field", "filters", "tuning", "families")
PICTURED = {"inception3b", "inception4a", "inception4d", "inception5b", "conv4_1", "conv4_3"}


def main(
    argv: list[str] | None = None,
    wanted: dict[str, dict[str, str]] = WANTED,
    pictured: set[str] = PICTURED,
) -> int:
    """Render all of it anew and print the page to open."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default="gallery/sample")
    parser.add_argument("--steps", type=int, default=192)
    args = parser.parse_args(argv)
    recipe = vizkit.Recipe(steps=args.steps)
    for old in args.folder.glob("*/plan.json"):
        shutil.rmtree(old.parent)
    with vizkit.ProgressBar() as bar:
        done = vizkit.gallery.make(
            wanted, args.folder, studies=STUDIES, recipe=recipe, progress=bar
        )
    shown = []
    for source, layers in wanted.items():
        shown += vizkit.gallery.read(args.folder, source, pictured & layers.keys())
    vizkit.plots.layer_sheet(shown).savefig(args.folder / "sheet.jpg", dpi=100)
    shutil.rmtree(args.folder / "log")  # times and the name of this machine
    print(f"{len(done.failed)} failed. Open {done.index.resolve()}")
    return int(bool(done.failed))


if __name__ == "__main__":
    vizkit.script(main)
