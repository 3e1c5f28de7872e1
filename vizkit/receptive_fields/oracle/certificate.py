"""What `certify` found out, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vizkit.receptive_fields.oracle.boxes import Key
from vizkit.receptive_fields.oracle.swallow import Swallower


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One side of one unit's box, as it was expected, and the half-plane that contradicts it.

    Attributes
    ----------
    unit : index into the layer's output for one image: (channel, y, x) for a map.
    side : "top", "left", "bottom" or "right".
    expected : the side that was expected, in input pixels.
    line : edge of the half-plane: everything up to it (top, left) or from it on (bottom, right).
    reached : whether the half-plane reached the unit.
    """

    unit: tuple[int, ...]
    side: str
    expected: int
    line: int
    reached: bool

    def __str__(self) -> str:
        lines = "rows" if self.side in ("top", "bottom") else "columns"
        extent = f"up to {self.line}" if self.side in ("top", "left") else f"from {self.line} on"
        does = "reach" if self.reached else "do not reach"
        expected = f"{self.side} {self.expected} expected"
        return f"unit {self.unit}: {expected}, but {lines} {extent} {does} it"


@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """How the boxes expected of one layer compare with the measured ones.

    Attributes
    ----------
    name, call : path of the module (empty for the network itself), and index of the call.
    op : name of the module's class.
    units : number of units, all of which were compared on all four sides.
    agreeing : number of units that agree on all four sides.
    swallowed : number of units that should be reached but stay finite with nothing but NaN in the
        input.
    oracle : which oracle `agreeing` is of: NaN on the network as it is, or, where that cannot tell,
        derivatives of its positive copy.
    disagreements : the first few.
    """

    name: str
    call: int
    op: str
    units: int
    agreeing: int
    swallowed: int
    oracle: Literal["nan", "gradient"]
    disagreements: tuple[Disagreement, ...]

    @property
    def agree(self) -> bool:
        """True when every unit agrees."""
        return self.agreeing == self.units


@dataclass(frozen=True, slots=True)
class Certificate:
    """The verdict on every layer of a network.

    Attributes
    ----------
    layers : in the order in which their calls end.
    swallowers : operations that swallow NaN, if any unit was swallowed.
    not_compared : layers that nothing was expected of.
    """

    layers: tuple[LayerVerdict, ...]
    swallowers: tuple[Swallower, ...]
    not_compared: tuple[Key, ...]

    @property
    def units(self) -> int:
        """Number of units compared."""
        return sum(layer.units for layer in self.layers)

    @property
    def agreeing(self) -> int:
        """Number of units that agree on all four sides."""
        return sum(layer.agreeing for layer in self.layers)

    @property
    def agree(self) -> bool:
        """True when every unit of every layer of the network was compared and agrees."""
        return bool(self.layers) and not self.not_compared and self.agreeing == self.units
