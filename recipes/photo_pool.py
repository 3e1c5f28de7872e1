r"""Collect distinct photographs out of a folder tree, for distill_googlenet.py to draw crops from.

On Debian, freely licensed photographs come with wallpapers and with programs for children::

    for p in plasma-workspace-wallpapers ukui-wallpapers gnome-backgrounds gcompris-qt-data \
        lomiri-wallpapers-16.04 mate-backgrounds gnome-control-center-data scratch \
        tuxpaint-stamps-default; do apt-get download $p; done
    mkdir unpacked
    for d in *.deb; do dpkg -x $d unpacked/${d%%_*}; done
    python recipes/photo_pool.py unpacked photos

OUT gets at most one of those that look alike, none that is flat, drawn or smaller than 160 pixels,
each at most 1280 pixels long. What is cut out, with nothing around it, gets a part of another
photograph behind it. WebP pictures inside Qt's resource archives (.rcc) are found as well. Every
twelfth goes to OUT/held_out, for teacher_agreement.py.
"""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import vizkit
from makers.photographs.grounds import with_grounds
from makers.photographs.likeness import distinct

HELD_OUT = 12


def main(argv: list[str] | None = None) -> None:
    """Write the photographs and say where each comes from."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="searched with all folders in it")
    parser.add_argument("out", type=Path)
    args = parser.parse_args(argv)
    if not args.folder.is_dir():
        parser.error(f"{args.folder} is no folder")
    if args.out.resolve().is_relative_to(args.folder.resolve()):
        parser.error(f"{args.out} is inside {args.folder}, where photographs are looked for")
    if any(args.out.rglob("*.jpg")):
        parser.error(f"{args.out} has pictures already; give a new folder")
    pictures = list(distinct(args.folder))
    if not pictures:
        parser.error(f"no photograph in {args.folder}")
    held_out = pictures[HELD_OUT - 1 :: HELD_OUT]
    del pictures[HELD_OUT - 1 :: HELD_OUT]
    sources: Counter[str] = Counter()
    for part, folder in ((pictures, args.out), (held_out, args.out / "held_out")):
        folder.mkdir(parents=True, exist_ok=True)
        for number, (name, picture) in enumerate(with_grounds(part), 1):
            file = folder / f"{number:03d}.jpg"
            picture.save(file, quality=92)
            sources[name.split("/")[0] + (" (held out)" if part is held_out else "")] += 1
            print(file.relative_to(args.out), name)
    for source, number in sorted(sources.items()):
        print(f"{number:4} {source}")
    print(f"{len(pictures)} photographs in {args.out}, {len(held_out)} in held_out")


if __name__ == "__main__":
    vizkit.script(main)
