"""Families of channels as rows of members for the pages, from records alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_COPIES = {
    "rotation": "rotated",
    "reflection": "mirrored",
    "scale": "scaled",
    "hue": "hue-shifted",
}
_KINDS = {
    "alone": "no other channel is a {copies} copy of it beyond chance",
    "untuned": "{transform} hardly changes its answers, so that no copy could be told",
    "rare": "it answers too few images to be told apart from chance",
    "dead": "its answer is the same to all images",
}
_SHOWN = 12
"""Most families of a transform that a layer's page shows."""


def copies(transform: str) -> str:
    """Adjective for copies that differ by a transform."""
    return _COPIES.get(transform, transform)


def value_text(transform: str, value: float) -> str:
    """What takes the reference to a member.

    Examples
    --------
    >>> value_text("rotation", 44.6), value_text("scale", 1.41), value_text("reflection", 1.0)
    ('45°', '×1.41', 'mirrored')
    """
    if transform == "reflection":
        return "mirrored" if round(value) % 2 else "as it is"
    return f"×{value:.3g}" if transform == "scale" else f"{value:.0f}°"


def p_text(p: float) -> str:
    """A p-value; no draw was as much alike where it is as small as can be."""
    return f"p = {p:.2g}"


def member_rows(search: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Members of a record's family in order."""
    family = search["family"]
    return [
        {
            "channel": each["channel"],
            "text": value_text(search["transform"], each["value"][0]),
            "reference": each["channel"] == family["reference"],
            "likeness": each["likeness"],
        }
        for each in family["members"]
    ]


def unit_sentences(searches: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is said of a channel for each transform; with the anchor of its family, if any."""
    said = []
    for search in searches:
        transform, kind, family = search["transform"], search["kind"], search["family"]
        text = _KINDS.get(kind, kind).format(copies=copies(transform), transform=transform)
        if family:
            text = f"one of {len(family['members'])} {copies(transform)} copies"
        said.append(
            {
                "title": transform.capitalize(),
                "text": text,
                "p": p_text(family["p"]) if family else "",
                "anchor": anchor(transform, search["number"]) if family else "",
                "members": member_rows(search) if family else [],
            }
        )
    return said


def anchor(transform: str, number: int) -> str:
    """Name of a family's place on the page of its layer."""
    return f"family-{transform}-{number}"


def layer_families(records: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Searches of a layer, each with the families that the records' channels belong to."""
    first = next(iter(records.values()))
    groups = []
    for place, search in enumerate(first["searches"]):
        own: dict[int, Mapping[str, Any]] = {}
        for record in records.values():
            each = record["searches"][place]
            if each["number"] is not None:
                own.setdefault(each["number"], each)
        families = [_row(own[number], number) for number in sorted(own)[:_SHOWN]]
        groups.append(
            {
                "title": f"{copies(search['transform']).capitalize()} copies",
                "short": f"{search['families']} {copies(search['transform'])}",
                "count": search["families"],
                "words": _words(search, len(own)),
                "families": families,
                "more": len(own) - len(families),
            }
        )
    return groups


def _row(search: Mapping[str, Any], number: int) -> dict[str, Any]:
    family = search["family"]
    members = member_rows(search)
    text = f"{len(members)} channels, {p_text(family['p'])}"
    if family["symmetry"] > 1:
        text += f"; each is the same again after 1/{family['symmetry']} of a turn"
    return {"id": anchor(search["transform"], number), "text": text, "members": members}


def _words(search: Mapping[str, Any], shown: int) -> str:
    total, counts = search["families"], search["counts"]
    if not total:
        text = "No family was found"
    else:
        noun = "family was" if total == 1 else "families were"
        text = f"{total} {noun} found"
        if shown < total:
            text += f", {shown} of them with channels that are shown here"
    text += f" among {search['channels']} channels"
    left = {
        "without a copy": counts["alone"],
        f"hardly changed by {search['transform']}": counts["untuned"],
        "answering too rarely": counts["rare"],
        "constant": counts["dead"],
    }
    rest = ", ".join(f"{count} {what}" for what, count in left.items() if count)
    return f"{text}{f' ({rest})' if rest else ''}."
