"""Units: what is studied, with the layer that it is in.

An `Address` is what somebody wrote; a unit is what it names, found in a network. It holds no
network: results hold units, and a result must neither keep weights in memory nor need them to be
stored and read again.
"""

from __future__ import annotations

import hashlib
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from vizkit.address import escape_layer, format_place
from vizkit.layer_info import LayerInfo

Position = tuple[int, int]
"""(y, x) in a layer's map."""


@dataclass(frozen=True, slots=True)
class Shown(ABC):
    """Whom a picture shows: a unit, its negative, a direction, or an objective of several terms.

    Attributes
    ----------
    source : network and weights tag, e.g. ``"vgg16@hed"``.
    layer : the layer that it is in; of a combination the deepest that it reads.
    """

    source: str
    layer: LayerInfo

    @property
    def position(self) -> Position | None:
        """(y, x) of a neuron in the layer's map; None for what has none."""
        return None

    @property
    @abstractmethod
    def place(self) -> str:
        """What it is called where the layer is clear, e.g. ``"12@7,7"``."""

    @property
    def name(self) -> str:
        """What it is called where the network is clear: ``"conv4_3:12@7,7"``."""
        return f"{escape_layer(self.layer.public_name)}:{self.place}"

    @property
    def address(self) -> str:
        """The one address for people: ``"vgg16@hed/conv4_3:12@7,7"``."""
        return f"{self.source}/{self.name}"

    @property
    def key(self) -> str:
        """Address by module path, which seeds go by: an alias gives the same random numbers."""
        return f"{self.source}/{escape_layer(self.layer.name)}:{self.place}"

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Unit(Shown):
    """A channel, a neuron (a channel at one position) or a class logit of one network.

    `vizkit.Network.unit` finds it by its address.

    Attributes
    ----------
    channel : 0-based.
    position : (y, x) of a neuron in the layer's map; None for a whole channel or a logit.

    Examples
    --------
    >>> unit = Unit("net@own", LayerInfo("features.0", ("conv1_1",), "Conv2d", 8, (8, 4, 4)), 3)
    >>> unit.address, unit.key, unit.name
    ('net@own/conv1_1:3', 'net@own/features.0:3', 'conv1_1:3')
    """

    channel: int
    position: Position | None = None

    @property
    def place(self) -> str:
        """Channel and position, where the layer is clear: ``"12@7,7"``."""
        return format_place(str(self.channel), self.position)

    def __repr__(self) -> str:
        return f"<Unit {self.address}>"

    def at(self, position: Position) -> Unit:
        """The neuron of this channel at `position`."""
        return replace(self, position=position)


@dataclass(frozen=True, slots=True)
class Direction(Shown):
    """A direction in the channels of a layer, studied as a channel is.

    Attributes
    ----------
    vector : one number per channel of the layer.
    label : what the direction is called, e.g. ``"nmf-16/3"``.
    position : as of a `Unit`.
    """

    vector: tuple[float, ...]
    label: str
    position: Position | None = None

    @property
    def place(self) -> str:
        """Label and position, where the layer is clear."""
        return format_place(self.label, self.position)

    @property
    def key(self) -> str:
        """By module path and by the numbers themselves: equal directions share random numbers."""
        digest = hashlib.sha256(struct.pack(f"<{len(self.vector)}d", *self.vector)).hexdigest()
        place = format_place(f"direction-{digest[:16]}", self.position)
        return f"{self.source}/{escape_layer(self.layer.name)}:{place}"

    def at(self, position: Position) -> Direction:
        """The same direction at one position."""
        return replace(self, position=position)


@dataclass(frozen=True, slots=True)
class Negative(Shown):
    """A unit, shown by what it likes least.

    Attributes
    ----------
    unit : the unit itself.

    Examples
    --------
    >>> unit = Unit("net@own", LayerInfo("conv1", (), "Conv2d", 8, (8, 4, 4)), 3)
    >>> Negative.of(unit).address
    '-net@own/conv1:3'
    """

    unit: Unit

    @classmethod
    def of(cls, unit: Unit) -> Negative:
        """The negative of a unit."""
        return cls(unit.source, unit.layer, unit)

    @property
    def position(self) -> Position | None:
        """The unit's."""
        return self.unit.position

    @property
    def place(self) -> str:
        """The unit's, with a minus."""
        return f"-{self.unit.place}"

    @property
    def name(self) -> str:
        """The unit's, with a minus before the layer: ``"-conv4_3:12"``."""
        return f"-{self.unit.name}"

    @property
    def address(self) -> str:
        """The unit's, with a minus before the network."""
        return f"-{self.unit.address}"

    @property
    def key(self) -> str:
        """The unit's, with a minus."""
        return f"-{self.unit.key}"


@dataclass(frozen=True, slots=True)
class Combination(Shown):
    """What an objective of several terms shows.

    Attributes
    ----------
    text : the objective as it was written, without the network.
    """

    text: str

    @property
    def place(self) -> str:
        """The text."""
        return self.text

    @property
    def name(self) -> str:
        """The text, which says its layers itself."""
        return self.text
