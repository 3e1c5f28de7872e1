r"""Collect distinct photographs out of a folder tree, for distill_googlenet.py to draw crops from.

On Debian, freely licensed photographs come with wallpaper packages; OUT gets at most one of those
that look alike, none that is flat or smaller than 600 pixels, each at most 1280 pixels long::

    for p in plasma-workspace-wallpapers ukui-wallpapers gnome-backgrounds \
        lomiri-wallpapers-16.04 mate-backgrounds; do apt-get download $p; done
    for d in *.deb; do dpkg -x $d unpacked; done
    python recipes/photo_pool.py unpacked photos
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SHORTEST, LONGEST = 600, 1280
# In gray levels of 255: thumbnails of two photographs differ by more, a photograph has more
# contrast, and its neighboring pixels differ by more. Drawings and gradients do not.
APART, CONTRAST, DETAIL = 14, 10, 1.2
# Parts of the names of what passes for a photograph by these numbers and is a drawing, or the same
# picture for another screen.
DRAWN = (
    *(
        "Altai",
        "Canopee",
        "Cascade",
        "Cluster",
        "Elarun",
        "Elephants",
        "Float",
        "Flow",
        "Honeywave",
    ),
    *("IceCold", "Kay", "Kokkini", "MATE-", "MilkyWay", "Opal", "Patak", "SafeLanding", "Shell"),
    *("Stripes", "Ubuntu-Mate", "Volna", "abstract", "adwaita", "dark", "fluent", "grid-"),
    *("licorice", "no-logo", "pixels", "rhythm", "string", "symbolic", "truchet", "1080x", "1622x"),
)


def photographs(folder):
    """Path and picture of every photograph of use."""
    thumbnails = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or any(word in str(path) for word in DRAWN):
            continue
        try:
            with Image.open(path) as file:
                picture = file.convert("RGB")
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            print(f"skipped {path.name}: {type(error).__name__}", file=sys.stderr)
            continue
        if min(picture.size) < SHORTEST:
            continue
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        thumbnail = np.asarray(picture.resize((8, 8)), dtype=float)
        gray = np.asarray(picture.convert("L").resize((256, 160)), dtype=float)
        flat = gray.std() < CONTRAST or np.abs(np.diff(gray)).mean() < DETAIL
        if flat or any(np.abs(thumbnail - each).mean() < APART for each in thumbnails):
            continue
        thumbnails.append(thumbnail)
        yield path, picture


def main() -> None:
    """Write the photographs and say where each comes from."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="searched with all folders in it")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, (path, picture) in enumerate(photographs(args.folder), 1):
        name = f"{count:02d}.jpg"
        picture.save(args.out / name, quality=92)
        print(name, path.relative_to(args.folder))
    print(f"{count} photographs in {args.out}")


if __name__ == "__main__":
    main()
