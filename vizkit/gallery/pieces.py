"""Pieces of work: what is computed at one go, by one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vizkit.address import escape_layer, format_channels
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.records import Records
from vizkit.gallery.store import Store


@dataclass(frozen=True, slots=True)
class Piece:
    """Units that one study is computed of at one go, as its scope says.

    Attributes
    ----------
    plan : the plan.
    study : name of the study.
    parts : layers with channels; one layer unless the scope is the network.
    """

    plan: Plan
    study: str
    parts: tuple[tuple[PlannedLayer, tuple[int, ...]], ...]

    @property
    def layer(self) -> PlannedLayer:
        """The layer, of a piece that has one."""
        ((layer, _),) = self.parts
        return layer

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels, of a piece with one layer; of a block at most ``layer.block_size``."""
        ((_, channels),) = self.parts
        return channels

    def units(self) -> Iterator[tuple[PlannedLayer, int]]:
        """Every layer and channel, in order."""
        for layer, channels in self.parts:
            for channel in channels:
                yield layer, channel

    @property
    def title(self) -> str:
        """What is in work, for people: ``"vgg16@hed/conv4_3:0-3"``, ``"vgg16@hed: tuning"``."""
        source = self.plan.network.source
        if self.plan.studies[self.study].scope == "network":
            return f"{source}: {self.study}"
        return f"{source}/{escape_layer(self.layer.name)}:{format_channels(self.channels)}"


def pieces(plan: Plan) -> Iterator[Piece]:
    """All work of a plan in order, whatever is done: layer by layer, then what spans layers."""
    spanning: dict[str, list[tuple[PlannedLayer, tuple[int, ...]]]] = {}
    for layer in plan.layers:
        for study in layer.studies:
            scope = plan.studies[study].scope
            if scope == "network":
                spanning.setdefault(study, []).append((layer, layer.channels))
                continue
            size = layer.block_size if scope == "block" else len(layer.channels)
            for first in range(0, len(layer.channels), size):
                yield Piece(plan, study, ((layer, layer.channels[first : first + size]),))
    for study, parts in spanning.items():
        yield Piece(plan, study, tuple(parts))


def pending(store: Store, work: Iterable[Piece]) -> Iterator[Piece]:
    """What is left to do of a plan's `work`: pieces without the units whose records are there."""
    stored: dict[tuple[str, str], Records] = {}
    for piece in work:
        parts = []
        for layer, channels in piece.parts:
            place = layer.name, piece.study
            if place not in stored:
                stored[place] = store.records(piece.plan, *place)
            left = tuple(c for c in channels if stored[place].read(c) is None)
            if left:
                parts.append((layer, left))
        if parts:
            yield replace(piece, parts=tuple(parts))
