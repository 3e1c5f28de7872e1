"""What `certify` found out, layer by layer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from vizkit.receptive_fields.oracle.boxes import Key
from vizkit.receptive_fields.oracle.swallow import Swallower
from vizkit.result import Result
from vizkit.text import aligned

_ORACLES = {"nan": "NaN", "gradient": "gradient"}


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

    def as_dict(self) -> dict[str, Any]:
        """Its numbers; calls count from 1."""
        return asdict(self) | {
            "call": self.call + 1,
            "disagreements": [str(disagreement) for disagreement in self.disagreements],
        }


@dataclass(frozen=True, slots=True, repr=False)
class Certificate(Result):
    """The verdict on every layer of a network.

    Attributes
    ----------
    layers : in the order in which their calls end.
    swallowers : operations that swallow NaN, if any unit was swallowed.
    not_compared : layers that nothing was expected of.
    wall_s : seconds that it took.
    """

    layers: tuple[LayerVerdict, ...]
    swallowers: tuple[Swallower, ...]
    not_compared: tuple[Key, ...]
    wall_s: float

    def __repr__(self) -> str:
        return f"<Certificate: {self.agreeing:,} of {self.units:,} units agree>"

    def __str__(self) -> str:
        """Agreement layer by layer, and the sum of it."""
        table = [("LAYER", "OPERATION", "UNITS", "AGREE", "BY")]
        disagreements = []
        for layer in self.layers:
            name = _called(layer.name, layer.call)
            share = "all" if layer.agree else f"{layer.agreeing:,}"
            table.append((name, layer.op, f"{layer.units:,}", share, _ORACLES[layer.oracle]))
            disagreements += [f"{name}: {one}" for one in layer.disagreements]
        lines = [aligned(table, right=(2, 3)), ""]
        if disagreements:
            lines += ["Disagreements, the first few of each layer:", *disagreements, ""]
        if self.swallowers:
            lines.append(f"NaN is swallowed by: {', '.join(map(str, self.swallowers))}")
        if self.not_compared:
            names = (_called(name, call) for name, call in self.not_compared)
            lines.append(f"Not compared: {', '.join(names)}")
        lines.append(
            f"{'VERIFIED' if self.agree else 'NOT VERIFIED'}: {self.agreeing:,} of "
            f"{self.units:,} units in {len(self.layers)} outputs of modules agree on all four "
            f"sides of what they see, in {self.wall_s:.1f} s"
        )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """How the numbers compare with what an oracle measured; calls count from 1."""
        return {
            "agree": self.agree,
            "units": self.units,
            "agreeing": self.agreeing,
            "layers": [layer.as_dict() for layer in self.layers],
            "swallowers": [str(swallower) for swallower in self.swallowers],
            "not_compared": [{"name": name, "call": call + 1} for name, call in self.not_compared],
            "wall_s": round(self.wall_s, 3),
        }

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


def _called(name: str, call: int) -> str:
    name = name or "(the network)"
    return f"{name}, call {call + 1}" if call else name
