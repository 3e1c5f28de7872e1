"""What a page shows of a record: pictures, facts, and a drawing of the study's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file of a record and how to show it.

    Attributes
    ----------
    file : name of the file beside the record.
    width, height : in pixels of the file.
    alt : what it shows, for those who cannot see it.
    caption : one sentence, or empty.
    smooth : False shows pixels as squares when enlarged.
    """

    file: str
    width: int
    height: int
    alt: str
    caption: str = ""
    smooth: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """A labeled value; with `sort` the layer page can be sorted by it.

    Attributes
    ----------
    label : e.g. ``"response"``.
    text : as shown, e.g. ``"12.4"``.
    sort : number to sort by; None when sorting by it makes no sense.
    note : one sentence that explains the value, or empty.
    """

    label: str
    text: str
    sort: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A record as it is shown on a unit's page; the first study's picture is also its tile.

    Attributes
    ----------
    pictures : large pictures, the first is the main one.
    facts : numbers, in the order to show.
    badges : short words of warning, e.g. ``"dead"``.
    command : shell command that reproduces it, or empty.
    seed : of the random numbers that made this very record, or None.
    extent : (height, width) in input pixels that the unit sees, for the marks on its picture.
    covers : True when it sees the whole input.
    glyph : path of a small drawing beside the number on the tile, in a square of 24.
    details : what the study's own part of the page shows, its ``panel.html``; empty without one.
    """

    pictures: tuple[Picture, ...] = ()
    facts: tuple[Fact, ...] = ()
    badges: tuple[str, ...] = ()
    command: str = ""
    seed: int | None = None
    extent: tuple[int, int] | None = None
    covers: bool = False
    glyph: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
