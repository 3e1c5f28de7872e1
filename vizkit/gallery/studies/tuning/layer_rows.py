"""A layer's invariance as rows: how far its output moves, and what its channels vary with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from vizkit.gallery.studies.tuning.axes import Scale
from vizkit.gallery.studies.tuning.probes import in_order
from vizkit.gallery.studies.tuning.words import TITLES, number

_WIDE, _HIGH = 260.0, 22.0
_EDGE = 4.0


def layer_rows(channels: int, records: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of all families, and sentences, for the template.

    Parameters
    ----------
    channels : number of channels of the layer, of which `records` may hold a few.
    """
    first = next(iter(records.values()))
    most = max(
        1.1,
        *(
            each or 0.0
            for own in first["layer"].values()
            for each in (own["null"], own["pixels"], own["moved"][2])
        ),
    )
    moved = Scale(0.0, most, _EDGE, _WIDE - _EDGE)
    share = Scale(0.0, 1.0, _EDGE, _WIDE - _EDGE)
    return {
        "width": _WIDE,
        "height": _HIGH,
        "rows": [
            _row(
                name,
                first["layer"][name],
                [each["ratios"][name][0] for each in records.values()],
                moved,
                share,
            )
            for name in in_order(first["layer"])
        ],
        "words": tuple(_words(channels, list(records.values()))),
        "images": first["images"],
    }


def orientation_share(records: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """How many units are more selective for orientation than chance, and how many were asked."""
    curves = [each["grating"] for each in records if each["grating"]]
    spreads = [(each["circular_variance"][0], each) for each in curves if each["status"] == "ok"]
    selective = [spread is not None and spread < each["random_filters"] for spread, each in spreads]
    return sum(selective), len(curves)


def _row(
    name: str,
    own: Mapping[str, Any],
    ratios: list[float | None],
    moved: Scale,
    share: Scale,
) -> dict[str, Any]:
    value, low, high = own["moved"]
    scored = sorted(each for each in ratios if each is not None)
    middle = median(scored) if scored else None
    text = f"output moves by {number(value)} of the distance to another image"
    if low is not None and high is not None:
        text += f" (95 %: {number(low)} to {number(high)})"
    text += f", the images themselves by {number(own['pixels'])}, another image by "
    text += number(own["null"])
    return {
        "title": TITLES[name],
        "value": number(value),
        "median": number(middle),
        "text": text,
        "dot": None if value is None else moved(value),
        "low": None if low is None else moved(low),
        "high": None if high is None else moved(high),
        "pixels": None if own["pixels"] is None else moved(own["pixels"]),
        "null": None if own["null"] is None else moved(own["null"]),
        "units": [share(each) for each in scored],
        "middle": None if middle is None else share(middle),
        "scored": len(scored),
    }


def _words(channels: int, records: list[Mapping[str, Any]]) -> Iterable[str]:
    count = len(records)
    of = f"{count} channels" if count == channels else f"the {count} channels shown"
    tuned, asked = orientation_share(records)
    left_out = records[0]["left_out"]
    if asked:
        chance = f"{0.05 * asked:.0f}" if 0.05 * asked >= 1 else "hardly one"
        yield (
            f"{tuned} of {of} {'is' if tuned == 1 else 'are'} more selective for the orientation "
            f"of gratings than 95 % of random filters are; {chance} would be by chance."
        )
    elif left_out:
        yield f"No gratings were shown: {left_out}."
    silent = sum(each["answers"] == 0 for each in records)
    if silent:
        yield (
            f"{silent} of {of} {'answers' if silent == 1 else 'answer'} none of the "
            f"{records[0]['images']} photographs in the middle: what they ignore cannot be told."
        )
