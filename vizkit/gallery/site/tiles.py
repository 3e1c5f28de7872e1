"""Tiles: the small pictures of the index and of the layers' pages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vizkit.gallery.site.scale import Scale, tile_scale
from vizkit.gallery.site.views import LayerView, UnitView, picture_url

_STRIP = 986
_GAP = 14
_MAT = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """One unit as a tile.

    Attributes
    ----------
    channel : channel number.
    href, src : relative URLs of the unit's page and picture; `src` is None without a picture.
    width, height : in screen pixels.
    alt : what the picture shows.
    smooth : False shows pixels as squares when enlarged.
    label : class name or empty.
    value : the main fact, as shown.
    badges : words of warning.
    error : why it failed, or empty.
    text : what a search looks through.
    branch : branch of a concatenated block, or empty.
    sort : numbers to sort by, in the order of `sort_keys`; empty text where there is none.
    glyph : path of a small drawing in a square of 24, or empty.
    """

    channel: int
    href: str
    src: str | None
    width: int
    height: int
    alt: str
    smooth: bool
    label: str
    value: str
    badges: tuple[str, ...]
    error: str
    text: str
    branch: str
    sort: tuple[str, ...]
    glyph: str


@dataclass(frozen=True, slots=True)
class SortKey:
    """A fact that the tiles can be sorted by.

    Attributes
    ----------
    label : as shown.
    key : as in the URL.
    """

    label: str
    key: str


def sort_keys(units: Sequence[UnitView]) -> tuple[SortKey, ...]:
    """Facts that at least one unit has a number for, in the order of the panels."""
    labels: dict[str, None] = {}
    for unit in units:
        labels.update((fact.label, None) for fact in unit.facts if fact.sort is not None)
    return tuple(SortKey(label, slug(label)) for label in labels)


def slug(text: str) -> str:
    """Spelling of `text` for identifiers and URLs.

    Examples
    --------
    >>> slug("Peak response (max)")
    'peak-response-max'
    """
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-") or "value"


def tiles(layer: LayerView, units: Sequence[UnitView], prefix: str = "") -> tuple[Tile, ...]:
    """Tiles of `units` of `layer`; `prefix` leads from the page to the layer's folder."""
    planned = layer.planned
    scale = tile_scale(*planned.canvas)
    keys = sort_keys(layer.units)
    return tuple(_tile(unit, scale, planned.canvas, keys, prefix) for unit in units)


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
    number = next((fact.sort for fact in unit.facts if fact.sort is not None), None)
    return number if number is not None and math.isfinite(number) else -math.inf


def _tile(
    unit: UnitView,
    scale: Scale,
    canvas: tuple[int, int],
    keys: Sequence[SortKey],
    prefix: str,
) -> Tile:
    view, picture = unit.shown, unit.picture
    if picture is None or view is None:
        width, height = scale.size(canvas[1], canvas[0])
    else:
        width, height = scale.size(picture.width, picture.height)
    numbers = {fact.label: fact.sort for fact in unit.facts}
    value = next((fact.text for fact in unit.facts if fact.sort is not None), "")
    branch = (unit.branch or "").rpartition(":")[0]
    return Tile(
        channel=unit.channel,
        href=prefix + unit.page,
        src=None if picture is None or view is None else prefix + picture_url(view, picture),
        width=width,
        height=height,
        alt=picture.alt if picture is not None else "",
        smooth=picture.smooth if picture is not None else True,
        label=unit.label or "",
        value=value,
        badges=unit.badges,
        error=next((view.error for view in unit.studies if view.error), ""),
        text=" ".join(filter(None, (unit.address, unit.branch, unit.label))),
        branch=branch,
        sort=tuple(_number(numbers.get(key.label)) for key in keys),
        glyph=unit.glyph,
    )


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))
