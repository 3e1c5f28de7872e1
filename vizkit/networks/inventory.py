"""Every network and kind of weights that vizkit knows, and which are at hand on this machine."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from vizkit.errors import NetworkNotFoundError, nearest
from vizkit.networks import registry, timm_networks
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights import hub
from vizkit.networks.weights.sources import Packaged, Wheel

OFFLINE = ("none needed", "packaged", "cached")
"""Statuses of weights that can be loaded without any connection."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of weights of one network.

    Attributes
    ----------
    blueprint : what it is.
    default : True when these are the weights that the network's bare name means.
    status : as the function `status` has it.
    path : the file, if it is at hand.
    """

    blueprint: Blueprint
    default: bool
    status: str
    path: Path | None

    @property
    def offline(self) -> bool:
        """True when it can be loaded without any connection."""
        return self.status in OFFLINE


def matching(pattern: str | None = None) -> tuple[str, ...]:
    """Names of networks that a shell pattern or a part of the name fits; timm's on request only.

    Raises
    ------
    NetworkNotFoundError : none does.
    """
    if pattern is not None and pattern.startswith(timm_networks.PREFIX):
        found = timm_networks.names(_as_glob(pattern.removeprefix(timm_networks.PREFIX)))
    else:
        glob = _as_glob(pattern or "*")
        found = tuple(name for name in registry.names() if fnmatch.fnmatchcase(name, glob))
    if not found:
        raise NetworkNotFoundError(
            f"no network matches {pattern!r}. {nearest(pattern or '', registry.names())}".rstrip()
            + "\n"
            "  List all with: vizkit models. Those of timm with: vizkit models 'timm:*'"
        )
    return found


def holdings(names: tuple[str, ...]) -> tuple[Holding, ...]:
    """All kinds of weights of the networks `names`, each network's default first."""
    return tuple(
        _holding(registry.blueprint(name, tag), default=place == 0)
        for name in names
        for place, tag in enumerate(registry.tags(name))
    )


def status(blueprint: Blueprint) -> str:
    """How the weights of a blueprint can be had.

    ``none needed`` (random), ``packaged`` (part of vizkit), ``cached``, ``wheel`` (pip brings it)
    or ``download``; the first three work offline.
    """
    if blueprint.weights is None:
        return "none needed"
    if isinstance(blueprint.weights.road, Packaged):
        return "packaged"
    if hub.place(blueprint.weights).is_file():
        return "cached"
    if isinstance(blueprint.weights.road, Wheel):
        return "cached" if (hub.folder() / blueprint.weights.road.file).is_file() else "wheel"
    return "download"


def instead(blueprint: Blueprint) -> str:
    """Sentence that names the weights to use in place of those of `blueprint`.

    Those of the same network come first, then the trained ones that need no download and look at
    images of as many channels.
    """
    channels = blueprint.preprocessing.channels
    trained = [
        other
        for name in registry.NETWORKS
        for other in registry.NETWORKS[name]
        if other.tag != "random"
        and other.source != blueprint.source
        and other.preprocessing.channels == channels
    ]
    trained.sort(key=lambda other: (other.name != blueprint.name, other.source))
    said = {"packaged": "part of vizkit", "cached": "cached", "wheel": "through pip"}
    choices = [
        f"{each.source} ({said[road]})" for each in trained if (road := status(each)) in said
    ]
    return f"Without it: {', '.join(choices)}, {blueprint.name}@random, or --weights FILE."


def _holding(blueprint: Blueprint, *, default: bool) -> Holding:
    path = None if blueprint.weights is None else hub.place(blueprint.weights)
    if path is not None and not path.is_file():
        path = None
    return Holding(blueprint, default, status(blueprint), path)


def _as_glob(pattern: str) -> str:
    return pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
