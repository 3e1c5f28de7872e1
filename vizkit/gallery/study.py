"""What a study is: one kind of evidence about the units of a layer.

Adding one means adding one file to ``vizkit/gallery/studies/`` that ends with ``STUDY = ...``. It
says to which layers it applies, how it is computed for a run of channels, and how its record is
shown. Nothing else in the gallery changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from vizkit.gallery.plan import Plan, PlannedLayer

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network


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
    extent : (height, width) in input pixels that the unit sees, for the marks on its picture.
    covers : True when it sees the whole input.
    glyph : path of a small drawing beside the number on the tile, in a square of 24.
    details : what the study's own part of the page shows, which is
        ``site/templates/studies/NAME.html``; empty without one.
    """

    pictures: tuple[Picture, ...] = ()
    facts: tuple[Fact, ...] = ()
    badges: tuple[str, ...] = ()
    command: str = ""
    extent: tuple[int, int] | None = None
    covers: bool = False
    glyph: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a study computed for one channel, before it is stored.

    Attributes
    ----------
    channel : channel number.
    data : plain data for the record; no times, no host names.
    files : contents by file name; each name starts with the channel number and a dot or hyphen.
    error : why this channel failed, or None.
    """

    channel: int
    data: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    error: str | None = None


Tick = Callable[[float], None]
"""Called while a block is computed, with the share of it that is done."""
Compute = Callable[[PlannedLayer, Sequence[int], Tick], Iterable[Found]]
"""Computes a study for at most ``layer.block_size`` channels of a layer."""


class Study(Protocol):
    """One kind of evidence; see `vizkit.gallery.studies` for the ones there are."""

    name: str
    """Name of the study's folder."""
    title: str
    """Heading of its panel."""
    order: int
    """Place among the panels; the lowest one gives the tiles."""

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        """Return whether the study says something about this layer of this network."""
        ...

    def begin(self, network: Network, plan: Plan) -> Compute:
        """Make ready for computing blocks of units; called once per run, may import torch."""
        ...

    def show(self, plan: Plan, layer: PlannedLayer, channel: int, data: Mapping[str, Any]) -> Panel:
        """Panel of a record's data; called without torch."""
        ...

    def overview(
        self,
        plan: Plan,  # noqa: ARG002
        layer: PlannedLayer,  # noqa: ARG002
        records: Mapping[int, Mapping[str, Any]],  # noqa: ARG002
    ) -> Panel | None:
        """Panel for the layer's page from its records by channel, at least one; None for none."""
        return None

    def summary(
        self,
        plan: Plan,  # noqa: ARG002
        records: Mapping[str, Mapping[int, Mapping[str, Any]]],  # noqa: ARG002
    ) -> Panel | None:
        """Panel for what the index says of the network; None for none.

        Parameters
        ----------
        records : by name of the layer, in forward order, and channel; only layers that have any.
        """
        return None


@cache
def studies() -> tuple[Study, ...]:
    """Every study there is, by its order."""
    package = importlib.import_module("vizkit.gallery.studies")
    found: list[Study] = [
        importlib.import_module(f"{package.__name__}.{module.name}").STUDY
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return tuple(sorted(found, key=lambda study: (study.order, study.name)))


def study(name: str) -> Study | None:
    """Study of that name; None when this version has none."""
    return next((each for each in studies() if each.name == name), None)
