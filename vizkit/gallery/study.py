"""What a study is: one kind of evidence about the units of a network.

Adding one means adding one folder ``NAME/`` to ``vizkit/gallery/studies/`` whose ``study.py`` ends
with ``STUDY = ...``, or to any package of your own (see `vizkit.gallery.register`). The study says
to which layers it applies, how it is computed, and how its records are shown; a ``panel.html`` and
a ``panel.css`` beside it draw what pictures and facts cannot. Nothing else in the gallery changes.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vizkit.gallery.options import Option
from vizkit.gallery.panel import Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan, PlannedLayer, Scope
from vizkit.progress import OnProgress

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network


@dataclass(frozen=True, slots=True)
class Found:
    """What a study computed for one channel, before it is stored.

    Attributes
    ----------
    channel : channel number.
    data : plain data for the record; no times, no host names.
    files : contents by file name; each name starts with the channel number and a dot or hyphen.
    error : why this channel failed, or None.
    layer : public name of the layer; may be left out where the piece of work has one layer.
    """

    channel: int
    data: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    error: str | None = None
    layer: str = ""


Compute = Callable[[Piece, OnProgress], Iterable[Found]]
"""Computes the units of a piece, in any order; each is stored as soon as it is given.

It says how far it is, in any unit: ``progress(Progress(done, total, piece.title))``.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A unit's record that is to be shown.

    Attributes
    ----------
    plan, layer, channel : the unit.
    data : of its record, as `Study.begin` gave it.
    """

    plan: Plan
    layer: PlannedLayer
    channel: int
    data: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Address of the unit."""
        return self.plan.address(self.layer, self.channel)


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """A layer's records that are to be shown together.

    Attributes
    ----------
    plan, layer : the layer.
    records : data by channel, at least one.
    """

    plan: Plan
    layer: PlannedLayer
    records: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ShownNetwork:
    """A network's records that are to be shown together.

    Attributes
    ----------
    plan : its plan.
    records : data by name of the layer, in forward order, and channel; at least one of each.
    """

    plan: Plan
    records: Mapping[str, Mapping[int, Mapping[str, Any]]]


class Study(ABC):
    """One kind of evidence; ``vizkit/gallery/studies/filters`` is a small example.

    Attributes
    ----------
    name : of its folders, in ``--studies`` and in plans: a word of letters and ``_``.
    title : heading of its panel.
    order : place among the panels; the lowest with pictures gives the tiles.
    scope : what is computed at one go, by one process: a ``"block"`` of units, a ``"layer"``, or
        the ``"network"`` with all its layers, for what takes passes that layers share.
    default : whether a gallery has it unless studies are named.
    options : what a user may ask of it, ``--option NAME.KEY=VALUE``: the value of each key when
        nothing is asked, True or False, a number or a text. Values are read as its type.
    depends : names of attributes of `Plan` and `PlannedLayer` that its records depend on, beside
        the network, the layer and the study's settings.
    """

    name: str
    title: str
    order: int = 100
    scope: Scope = "block"
    default: bool = True
    options: Mapping[str, Option] = MappingProxyType({})
    depends: tuple[str, ...] = ()

    @abstractmethod
    def applies(self, network: Network, layer: LayerInfo) -> bool:
        """Return whether the study says something about this layer of this network."""

    def settings(self, network: Network, options: Mapping[str, Option]) -> dict[str, Any]:
        """All that its records depend on beside the network, as plain data; by default the options.

        Other settings make it compute its records anew, and those of no other study. `begin` and
        `show` find them in ``plan.studies[self.name].settings``.

        Parameters
        ----------
        options : a value for each of `options`: what the user asked for, now or in an earlier run
            of this gallery, or the default.

        Raises
        ------
        UsageError : a value that is out of range.
        """
        return dict(options)

    def cost(self, network: Network, piece: Piece) -> float:
        """How long a piece takes in seconds on one core, roughly.

        The progress bar goes by it, and shards are dealt by it: it must be the same on all machines
        and whatever is done already.
        """
        return 1e-3 * sum(len(channels) for _, channels in piece.parts)

    @abstractmethod
    def begin(self, network: Network, plan: Plan) -> Compute:
        """Make ready for computing pieces; called once per run, may import torch."""

    def dead(self, data: Mapping[str, Any]) -> bool:
        """Return whether a record's data say that the unit stayed silent; without torch."""
        return False

    @abstractmethod
    def show(self, record: Shown) -> Panel:
        """Panel of a record; called without torch."""

    def overview(self, shown: ShownLayer) -> Panel | None:
        """Panel for the layer's page, or None."""
        return None

    def summary(self, shown: ShownNetwork) -> Panel | None:
        """Panel for what the index says of the network, or None."""
        return None

    def asset(self, name: str) -> str:
        """Text of ``panel.html`` or ``panel.css``, from beside the study's module; may be empty."""
        module = sys.modules.get(type(self).__module__)
        file = getattr(module, "__file__", None)
        path = None if file is None else Path(file).with_name(name)
        return path.read_text(encoding="utf-8") if path is not None and path.is_file() else ""
