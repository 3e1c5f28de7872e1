"""Tiles: the small pictures of the index and of the layers' pages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from vizkit.gallery.site.scale import tile_scale
from vizkit.gallery.site.views import LayerView, UnitView

_STRIP = 986
_GAP = 14
_MAT = 12


def tile_size(unit: UnitView) -> tuple[int, int]:
    """(width, height) of a unit's tile in screen pixels."""
    height, width = unit.layer.canvas
    if unit.picture is not None:
        height, width = unit.picture.height, unit.picture.width
    return tile_scale(*unit.layer.canvas).size(width, height)


def sort_keys(units: Sequence[UnitView]) -> list[str]:
    """Labels of facts that at least one unit has a number for, in the order of the panels."""
    return list(dict.fromkeys(label for unit in units for label in unit.facts))


def sort_values(unit: UnitView, keys: Sequence[str]) -> str:
    """Numbers to sort by, in the order of `keys`; nothing where there is none."""
    numbers = [unit.facts[key].sort if key in unit.facts else None for key in keys]
    return "|".join("" if n is None or not math.isfinite(n) else repr(float(n)) for n in numbers)


def slug(text: str) -> str:
    """Spelling of `text` for identifiers and URLs.

    Examples
    --------
    >>> slug("Peak response (max)")
    'peak-response-max'
    """
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-") or "value"


def examples(layer: LayerView) -> tuple[UnitView, ...]:
    """Units that stand for a layer: the strongest live ones, in the order of their numbers.

    As many as fit into a row, and at most eight; where too few are live, others fill up.
    """
    width, _ = tile_scale(*layer.planned.canvas).size(layer.planned.canvas[1], 1)
    fitting = max(4, min(8, (_STRIP + _GAP) // (width + _MAT + _GAP)))
    ranked = sorted(layer.units, key=lambda unit: (_rank(unit), -_strength(unit), unit.channel))
    return tuple(sorted(ranked[:fitting], key=lambda unit: unit.channel))


def _rank(unit: UnitView) -> int:
    if unit.picture is None:
        return 2
    return 1 if unit.status.dead or unit.status.state == "failed" else 0


def _strength(unit: UnitView) -> float:
    number = unit.main_fact.sort if unit.main_fact else None
    return number if number is not None and math.isfinite(number) else -math.inf
