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

import io
import struct
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import vizkit

# What Pillow raises for files that are damaged, no pictures, or suspiciously large.
DAMAGED = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SHORTEST, LONGEST = 160, 1280
HELD_OUT = 12
OPAQUE = 250
# In gray levels of 255: thumbnails of two photographs differ by more, a photograph has more
# contrast, and its neighboring pixels differ by more. Drawings and gradients do not.
APART, CONTRAST, DETAIL = 12, 10, 1.2
# Neighboring pixels of a drawing have exactly the same color more often than that.
EVEN = 0.5
# Packages of the example, and parts of the names of what passes for a photograph in them and is a
# drawing, a painting, or the same picture for another screen.
PACKAGES = (
    *("plasma-workspace-wallpapers", "ukui-wallpapers", "gnome-backgrounds", "mate-backgrounds"),
    *("lomiri-wallpapers-16.04", "gnome-control-center-data", "gcompris-qt-data", "scratch"),
    "tuxpaint-stamps-default",
)
DRAWN = (
    *("Altai", "Canopee", "Cascade", "Cluster", "Elarun", "Elephants", "Float", "Flow"),
    *("Honeywave", "IceCold", "Kay", "Kokkini", "MATE-", "MilkyWay", "Opal", "Patak"),
    *("SafeLanding", "Shell", "Stripes", "Ubuntu-Mate", "Volna", "abstract", "adwaita", "dark"),
    *("fluent", "grid-", "licorice", "no-logo", "pixels", "rhythm", "string", "symbolic"),
    *("truchet", "1080x", "1622x"),
    *("symbols/", "cartoon", "lang.rcc", "paintings.rcc", "chronos.rcc", "gravity.rcc"),
    *("solar_system.rcc", "digital_electricity.rcc", "babyshapes.rcc", "Costumes/", "jackolantern"),
    *("bunny", "chick-hatched", "menorah", "room", "party", "spotlight", "school2"),
)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file that may be a picture, those inside archives too."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        known = name.split("/")[0] in PACKAGES and any(word in name for word in DRAWN)
        if known or not path.is_file() or path.is_symlink():
            continue
        if path.suffix.lower() in SUFFIXES:
            yield name, path.read_bytes()
        elif path.suffix == ".rcc":
            for number, content in enumerate(embedded(path.read_bytes()), 1):
                yield f"{name}/{number:03d}.webp", content


def embedded(archive: bytes) -> Iterator[bytes]:
    """WebP files inside an archive that does not compress them: RIFF, length, WEBP."""
    at = archive.find(b"RIFF")
    while at >= 0:
        if archive[at + 8 : at + 12] == b"WEBP":
            yield archive[at : at + 8 + struct.unpack("<I", archive[at + 4 : at + 8])[0]]
        at = archive.find(b"RIFF", at + 4)


def pictures(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Name and picture, the larger ones first, of all that are large enough."""
    found = []
    for name, content in files(folder):
        try:
            with Image.open(io.BytesIO(content)) as file:
                shortest = min(file.size)
                if shortest >= SHORTEST:
                    found.append((-shortest, name, content))
        except DAMAGED as error:
            print(f"skipped {name}: {type(error).__name__}", file=sys.stderr)
    for _, name, content in sorted(found):
        try:
            with Image.open(io.BytesIO(content)) as file:
                if file.mode.startswith("I;16"):
                    file = file.point(lambda value: value / 257, "L")
                picture = ImageOps.exif_transpose(file).convert("RGBA")
        except DAMAGED as error:
            print(f"skipped {name}: {type(error).__name__}", file=sys.stderr)
            continue
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        if min(picture.size) >= SHORTEST:
            yield name, picture


def is_photograph(picture: Image.Image) -> bool:
    """Whether it has contrast, detail, and few even places, the ground left out."""
    picture = picture.copy()
    picture.thumbnail((400, 400))
    pixels = np.asarray(picture).astype(int)
    color, opaque = pixels[..., :3], pixels[..., 3] > 128
    ground = color[0, 0] if opaque[0, 0] else np.array([-99, -99, -99])
    shown = opaque & (np.abs(color - ground).max(-1) > 12)
    both = shown[:, 1:] & shown[:, :-1]
    if both.sum() < 2000:
        return False
    gray = color.mean(-1)
    detail = np.abs(np.diff(gray, axis=1))[both].mean()
    even = (np.diff(color, axis=1) == 0).all(-1)[both].mean()
    return bool(gray[shown].std() > CONTRAST and detail > DETAIL and even < EVEN)


def distinct(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Name and picture of photographs of which no two look alike, mirrored or not."""
    thumbnails: list[np.ndarray] = []
    for name, picture in pictures(folder):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        small = np.asarray(white.convert("RGB").resize((12, 12)), dtype=float)
        alike = any(
            np.abs(each - other).mean() < APART
            for each in (small, small[:, ::-1])
            for other in thumbnails
        )
        if not alike and is_photograph(picture):
            thumbnails.append(small)
            yield name, picture


def on_ground(cut_out: Image.Image, photo: Image.Image) -> Image.Image:
    """The cut-out in the middle of a part of the photograph, a quarter larger."""
    cut_out = cut_out.crop(cut_out.getchannel("A").getbbox())
    size = (round(1.25 * cut_out.width), round(1.25 * cut_out.height))
    ground = ImageOps.fit(photo, size, Image.Resampling.LANCZOS)
    place = ((size[0] - cut_out.width) // 2, (size[1] - cut_out.height) // 2)
    ground.paste(cut_out, place, cut_out)
    ground.thumbnail((LONGEST, LONGEST))
    return ground


def with_grounds(
    pictures: list[tuple[str, Image.Image]],
) -> Iterator[tuple[str, Image.Image]]:
    """The pictures, what is cut out on parts of those that are not, taken in turn."""
    whole, cut_out = [], []
    for name, picture in pictures:
        lowest, _ = picture.getchannel("A").getextrema()
        (whole if lowest > OPAQUE else cut_out).append((name, picture))
    grounds = [picture.convert("RGB") for _, picture in whole]
    yield from zip((name for name, _ in whole), grounds, strict=True)
    for place, (name, picture) in enumerate(cut_out):
        ground = grounds[place % len(grounds)] if grounds else Image.new("RGB", (9, 9), "white")
        yield name, on_ground(picture, ground)


def main() -> None:
    """Write the photographs and say where each comes from."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="searched with all folders in it")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
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
