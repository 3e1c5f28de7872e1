"""Weights that are a part of vizkit: each a file and, beside it, the card that speaks for it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from vizkit.errors import WeightsInvalidError
from vizkit.networks.weights.sources import Packaged, WeightsFile

_ROW = re.compile(r"^\| *(?P<name>[^|]+?) *\| *`?(?P<value>[^|]*?)`? *\|$", re.MULTILINE)


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
