"""Families of the channels of a layer, searched where that takes seconds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.probing.families import ChannelFamily, Families, families
from vizkit.receptive_fields.calculate import fields_or_none

TRANSFORMS = ("rotation", "reflection", "scale", "hue")
_CHANNELS = 192
_SIDE = 64
_MARGIN = 3.0
"""Side of the largest images by that of the field: those for scale, which halves them."""
_DRAWS = 99
SETTINGS = {
    "transforms": list(TRANSFORMS),
    "channels": _CHANNELS,
    "side": _SIDE,
    "margin": _MARGIN,
    "draws": _DRAWS,
}
"""What the records depend on, beside the network."""


def left_out(network: Network, layer: str) -> str:
    """Why a layer is not searched, in words; empty when it is."""
    info = network.layer(layer)
    fields = fields_or_none(network)
    if not info.spatial or fields is None:
        return "what one unit sees could not be calculated"
    if info.channels < 2:
        return "the layer has one channel"
    if info.channels > _CHANNELS:
        return (
            f"each of {info.channels} channels would have to be compared with each, which the "
            f"gallery does for at most {_CHANNELS}"
        )
    height, width = fields.layer(info.name).size
    if height is None or width is None:
        return "every unit sees the whole image"
    if _MARGIN * max(height, width) > max(_SIDE, 0.4 * min(network.input_size)):
        return f"one unit sees {height} × {width} pixels, too many to turn in seconds"
    return ""


def search(network: Network, layer: str) -> tuple[list[Families], dict[str, str]]:
    """Families of a layer under every transform that its images can bear; why not under others."""
    searches, failures = [], {}
    for transform in TRANSFORMS:
        if transform == "hue" and network.input_channels != 3:
            continue
        try:
            searches.append(families(network, layer, transform, draws=_DRAWS))
        except UsageError as error:
            failures[transform] = str(error).partition("\n")[0]
    return searches, failures


def of_channel(
    searches: Sequence[Families], failures: Mapping[str, str], channel: int
) -> dict[str, Any]:
    """Record of one channel: what became of it in each search, with its family's members."""
    return {
        "searches": [_of_channel(found, channel) for found in searches],
        "failures": dict(failures),
    }


def _of_channel(found: Families, channel: int) -> dict[str, Any]:
    left = {name: getattr(found, name) for name in ("dead", "rare", "untuned", "alone")}
    place = next((n for n, family in enumerate(found) if channel in family.channels), None)
    kind = next((name for name, channels in left.items() if channel in channels), "")
    return {
        "transform": found.transform,
        "unit": found.unit,
        "floor": _short(found.floor),
        "channels": found.channels,
        "counts": {name: len(channels) for name, channels in left.items()},
        "families": len(found),
        "kind": kind if place is None else "member",
        "number": place,
        "family": None if place is None else _family(found[place]),
    }


def _family(family: ChannelFamily) -> dict[str, Any]:
    return {
        "reference": family.reference.channel,
        "p": _short(family.p),
        "symmetry": family.symmetry,
        "members": [
            {
                "channel": member.channel,
                "value": [_short(each) for each in member.value[:3]],
                "likeness": _short(member.likeness.value),
                "p": _short(member.p),
            }
            for member in family.members
        ],
    }


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if value == value else None
