"""Every network and kind of weights that vizkit knows, and which are at hand on this machine."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vizkit.errors import NetworkNotFoundError, UsageError, nearest
from vizkit.networks import registry, timm_networks
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights import hub
from vizkit.networks.weights.fetch import fetch
from vizkit.networks.weights.sources import Packaged, WeightsFile, Wheel


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of weights of one network, as this machine has it.

    Attributes
    ----------
    name, tag : of the network and of its weights.
    weights : the file that they are kept in; None where there is none.
    path : the file, if it is at hand.
    """

    name: str
    tag: str
    weights: WeightsFile | None
    path: Path | None

    @classmethod
    def of(cls, blueprint: Blueprint) -> Holding:
        """What this machine has of `blueprint`."""
        return cls.named(blueprint.name, blueprint.tag, blueprint.weights)

    @classmethod
    def named(cls, name: str, tag: str, weights: WeightsFile | None) -> Holding:
        """What this machine has of the weights `tag` of a network."""
        path = None if weights is None else hub.place(weights)
        return cls(name, tag, weights, path if path is not None and path.is_file() else None)

    @property
    def source(self) -> str:
        """Network and weights tag, ``"vgg16@hed"``."""
        return f"{self.name}@{self.tag}"

    @property
    def status(self) -> str:
        """How it can be had.

        ``none needed`` (random), ``packaged`` (part of vizkit), ``cached``, ``wheel`` (pip brings
        it) or ``download``; the first three work offline.
        """
        weights = self.weights
        if weights is None:
            return "none needed"
        if isinstance(weights.road, Packaged):
            return "packaged"
        if isinstance(weights.road, Wheel) and self.path is None:
            return "cached" if (hub.folder() / weights.road.file).is_file() else "wheel"
        return "download" if self.path is None else "cached"

    @property
    def offline(self) -> bool:
        """True when it can be loaded without any connection."""
        return self.status in ("none needed", "packaged", "cached")

    @property
    def file(self) -> WeightsFile:
        """The weights file, at hand or not."""
        assert self.weights is not None, f"{self.source} is not kept in a file"
        return self.weights

    def as_dict(self) -> dict[str, Any]:
        """Where the file is or comes from."""
        return {
            "source": self.source,
            "status": self.status,
            "offline": self.offline,
            "file": self.file.file,
            "path": None if self.path is None else str(self.path),
            "sha256": self.file.sha256,
            "origin": self.file.origin,
        }

    def fetched(self) -> tuple[Path, str]:
        """The file and its SHA-256, fetched where it is not at hand.

        Raises
        ------
        WeightsNotFoundError, WeightsInvalidError : as `vizkit.networks.weights.fetch.fetch`.
        """
        return fetch(self.file, wanted_by=self.source, instead=self.instead())

    def instead(self) -> str:
        """Sentence that names the weights to use in place of these; see `instead`."""
        return instead(registry.blueprint(self.name, self.tag))


def matching(pattern: str | None = None) -> tuple[str, ...]:
    """Names of networks that a shell pattern or a part of the name fits; timm's on request only.

    Raises
    ------
    NetworkNotFoundError : none does.
    """
    if pattern is not None and pattern.startswith(timm_networks.PREFIX):
        names = timm_networks.names(_as_glob(pattern.removeprefix(timm_networks.PREFIX)))
    else:
        glob = _as_glob(pattern or "*")
        names = tuple(name for name in registry.names() if fnmatch.fnmatchcase(name, glob))
    if not names:
        raise NetworkNotFoundError(
            f"no network matches {pattern!r}. {nearest(pattern or '', registry.names())}".rstrip()
            + "\n"
            "  List all with: vizkit models. Those of timm with: vizkit models 'timm:*'"
        )
    return names


def holdings(pattern: str | None = None) -> tuple[Holding, ...]:
    """All kinds of weights of the networks that fit as in `matching`, each one's default first.

    Raises
    ------
    NetworkNotFoundError : none does.
    """
    return tuple(
        Holding.named(name, tag, registry.weights(name, tag))
        for name in matching(pattern)
        for tag in registry.tags(name)
    )


def files(pattern: str | None = None) -> tuple[Holding, ...]:
    """Those of `holdings` that are kept in files."""
    return tuple(each for each in holdings(pattern) if each.weights is not None)


def file_named(source: str) -> Holding:
    """The weights that `source` names, ``"vgg16@hed"``.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there are none of this name.
    UsageError : they are not kept in a file.
    """
    blueprint = registry.blueprint(*registry.split(source))
    if blueprint.weights is None:
        raise UsageError(
            f"{blueprint.source} is drawn anew each time and has no file.\n"
            f"  See what has one: vizkit weights list {blueprint.name}"
        )
    return Holding.of(blueprint)


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
        f"{each.source} ({said[road]})"
        for each in trained
        if (road := Holding.of(each).status) in said
    ]
    return f"Without it: {', '.join(choices)}, {blueprint.name}@random, or --weights FILE."


def _as_glob(pattern: str) -> str:
    return pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
