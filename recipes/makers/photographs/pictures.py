"""Pictures of a folder tree and of the archives in it, the larger ones first."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

# What Pillow raises for files that are damaged, no pictures, or suspiciously large.
DAMAGED = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SHORTEST, LONGEST = 160, 1280
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
                deep = file.mode.startswith("I;16")
                shown = file.point(lambda value: value / 257, "L") if deep else file
                picture = ImageOps.exif_transpose(shown).convert("RGBA")
        except DAMAGED as error:
            print(f"skipped {name}: {type(error).__name__}", file=sys.stderr)
            continue
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        if min(picture.size) >= SHORTEST:
            yield name, picture
