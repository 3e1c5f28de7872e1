"""A unit's tuning as figures and as numbers to sort by, from its record alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.gallery.panel import Fact
from vizkit.gallery.studies.tuning.axes import Circle, Scale, band, known, path
from vizkit.gallery.studies.tuning.probes import in_order
from vizkit.gallery.studies.tuning.words import TITLES, amount, finding, number, shown

_WIDE, _HIGH = 176.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 6.0, 12.0, 26.0
_RADIUS = 54.0
_GLYPH = 24.0


def unit_figures(data: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of all curves for the template; gratings come first."""
    curves = [data["grating"]] if data["grating"] else []
    curves += data["curves"]
    figures = [_figure(curve) for curve in curves]
    return {
        "figures": figures,
        "left_out": data["left_out"] or "",
        "images": data["images"],
        "hollow": any(curve["resampling"] for curve in curves),
    }


def glyph(data: Mapping[str, Any]) -> str:
    """Rose of the sharpest evidence of angles, in a square of 24; empty for a silent unit."""
    rotation = next((each for each in data["curves"] if each["family"] == "rotation"), None)
    for curve in (data["grating"], rotation):
        if curve and curve["status"] in ("ok", "edge") and _is_rose(curve):
            middle = _GLYPH / 2
            circle = Circle(middle, middle, middle - 1, max(curve["response"]), curve["period"])
            return path(circle.around(curve["values"], curve["response"]), closed=True)
    return ""


def score_facts(data: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Numbers to sort by, each with its interval and floor, and what it means."""
    facts = []
    grating = data["grating"]
    if grating and grating["status"] == "ok" and grating["circular_variance"][0] is not None:
        spread, low, high, _ = grating["circular_variance"]
        tuned = 1 - spread
        note = "0 answers to gratings of every orientation alike, 1 to a single one"
        if low is not None:
            note += f"; 95 %: {number(1 - high)} to {number(1 - low)}"
        note += f", 95 % of random filters stay below {number(1 - grating['random_filters'])}"
        facts.append(Fact("orientation selectivity", number(tuned), tuned, note))
        width, low, high = grating["width"]
        if width is not None:
            note = "of the peak over orientations, at half height"
            if low is not None:
                note += f"; 95 %: {amount(low, 'degrees')} to {amount(high, 'degrees')}"
            facts.append(Fact("orientation width", amount(width, "degrees"), width, note))
    for name in in_order(data["ratios"]):
        share, low, high = data["ratios"][name]
        if share is None:
            continue
        title = TITLES[name].split()[0].lower()
        note = f"share of its variance over photographs that {title} makes; 0 ignores it"
        note += f"; 95 %: {number(low)} to {number(high)}, chance 1"
        facts.append(Fact(f"varies with {title}", number(share), share, note))
    facts += _goodfellow(data["goodfellow"])
    if data["sparseness"] is not None:
        note = "0 answers to all photographs alike, 1 to a single one"
        note += f"; it answers {data['answers']} of {data['images']}"
        facts.append(Fact("sparseness", number(data["sparseness"]), data["sparseness"], note))
    else:
        note = "to all photographs with the same number: what it ignores cannot be told"
        facts.append(Fact("answers", "constant", None, note))
    return tuple(facts)


def _goodfellow(found: Mapping[str, Any] | None) -> list[Fact]:
    if not found or found["score"][0] is None:
        return []
    value, low, high = found["score"]
    ceiling = number(found["ceiling"])
    note = "firing for its best photographs turned, over firing for any (Goodfellow et al. 2009)"
    note += f"; 95 %: {number(low)} to {number(high)}, chance 1, at most {ceiling}"
    return [Fact("rotation score", number(value), value, note)]


def _figure(curve: Mapping[str, Any]) -> dict[str, Any]:
    drawn = _rose(curve) if _is_rose(curve) else _line(curve)
    words = finding(curve)
    return drawn | {
        "title": TITLES.get(curve["family"], curve["family"]),
        "words": words,
        "shown": shown(curve),
        "text": f"{TITLES.get(curve['family'], curve['family'])}. {words} {shown(curve)}.",
        "width": _WIDE,
        "height": _HIGH,
        "quiet": curve["status"] in ("silent", "constant", "not finite"),
        "top_text": number(max(known(curve["high"], lambda i: _response(curve)[i]))),
    }


def _is_rose(curve: Mapping[str, Any]) -> bool:
    circle = curve["period"] in (180.0, 360.0) and curve["unit"] == "degrees"
    return circle and min(_response(curve)) >= 0


def _response(curve: Mapping[str, Any]) -> list[float]:
    return known(curve["response"], lambda _: 0.0)


def _ends(curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    mean = _response(curve)
    return known(curve["low"], mean.__getitem__), known(curve["high"], mean.__getitem__)


def _rose(curve: Mapping[str, Any]) -> dict[str, Any]:
    mean, (low, high) = _response(curve), _ends(curve)
    most = max([*high, curve["floor"] or 0.0]) or 1.0
    circle = Circle(_WIDE / 2, _HIGH / 2, _RADIUS, most, curve["period"])
    place = curve["peak"][0]
    peaks = []
    if place is not None and curve["status"] == "ok":
        turns = range(round(360 / curve["period"]))
        peaks = [
            (circle.at(place + t * curve["period"], most), circle.at(place + t * 180.0, 0.0))
            for t in turns
        ]
    closed = circle.around(curve["values"], mean)
    return {
        "kind": "rose",
        "x": circle.x,
        "y": circle.y,
        "radius": _RADIUS,
        "curve": path(closed, closed=True),
        "band": band(
            circle.around(curve["values"], low), circle.around(curve["values"], high), rings=True
        ),
        "floor": _RADIUS * curve["floor"] / most if curve["floor"] else None,
        "peaks": peaks,
        "dots": closed,
        "ticks": [
            {"x": x, "y": y, "text": f"{angle}°"}
            for angle in (0, 90, 180, 270)
            for x, y in [circle.at(angle, most)]
        ],
    }


def _line(curve: Mapping[str, Any]) -> dict[str, Any]:
    values, mean, (low, high) = curve["values"], _response(curve), _ends(curve)
    factors = curve["unit"] == "times" and min(values) > 0
    across = Scale(values[0], values[-1], _LEFT, _WIDE - _RIGHT, factors)
    least = min(0.0, *low)
    most = max([*high, curve["floor"] if curve["floor"] is not None else 0.0])
    if most <= least:
        most = least + 1.0
    up = Scale(least, most, _HIGH - _BOTTOM, _TOP)

    def places(heights: Sequence[float]) -> list[tuple[float, float]]:
        return [(across(v), up(h)) for v, h in zip(values, heights, strict=True)]

    place = curve["peak"][0] if curve["status"] in ("ok", "negative", "edge") else None
    return {
        "kind": "line",
        "curve": path(places(mean)),
        "band": band(places(low), places(high)),
        "floor": None if curve["floor"] is None else up(curve["floor"]),
        "peaks": [] if place is None else [((across(place), _TOP), (across(place), up(least)))],
        "dots": places(mean),
        "zero": up(0.0),
        "left": _LEFT,
        "right": _WIDE - _RIGHT,
        "top": _TOP,
        "ticks": [
            {"x": across(value), "y": _HIGH - _BOTTOM, "text": amount(value, curve["unit"])}
            for value in (values[0], values[len(values) // 2], values[-1])
        ],
    }
