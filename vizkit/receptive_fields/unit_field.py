"""What one unit sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from vizkit.address import escape_layer
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.propagation.relations import Mask
from vizkit.result import Result
from vizkit.text import aligned, percent
from vizkit.unit import Unit

if TYPE_CHECKING:
    from vizkit.receptive_fields.network_fields import ReceptiveFields

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1), inclusive."""


@dataclass(frozen=True, eq=False, repr=False)
class UnitField(Result):
    """What one unit can see of the source.

    Attributes
    ----------
    fields : of the network that it is in.
    layer : the field of its layer.
    unit : whose field it is; its position is None in a layer without a map.
    index : of the unit, into the layer's output.
    """

    fields: ReceptiveFields
    layer: LayerField
    unit: Unit
    index: tuple[int, ...]

    def __repr__(self) -> str:
        height, width = self.size
        return f"<UnitField {self.unit.address}: {height} x {width}, {percent(self.visible)} seen>"

    def __str__(self) -> str:
        """What it sees, in words."""
        source = self.fields.source
        seen = f"layer {source}" if source else "the image"
        if self.box is None or self.clipped is None:
            return f"{self._name} sees nothing of {seen}."
        height, width = self.fields.source_size
        rows = [
            ("sees", *_ends(self.box), "{} x {}".format(*self.size)),
            ("inside", *_ends(self.clipped), f"{percent(self.visible)} of that"),
            (seen, *_ends((0, 0, height - 1, width - 1)), f"{height} x {width}"),
        ]
        lines = [self._name, aligned(rows)]
        if self.density < 1:
            lines.append(
                f"It reads {percent(self.density)} of what is inside: its field has holes."
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The unit and its boxes; they are None where it sees nothing."""
        position = self.unit.position
        return {
            "layer": self.layer.name,
            "channel": self.unit.channel,
            "position": None if position is None else list(position),
            "box": None if self.box is None else list(self.box),
            "clipped": None if self.clipped is None else list(self.clipped),
            "visible": self.visible,
            "density": self.density,
        }

    @property
    def box(self) -> Box | None:
        """[y0, x0, y1, x1] as if the source had no borders; None if it sees nothing."""
        return self._boxes[0]

    @property
    def clipped(self) -> Box | None:
        """The part of the source that it really reads."""
        return self._boxes[1]

    @property
    def visible(self) -> float:
        """Share of `box` that lies in the source, from 0 to 1."""
        if self.box is None or self.clipped is None:
            return 0.0
        (height, width), (y0, x0, y1, x1) = self.size, self.clipped
        return (y1 - y0 + 1) * (x1 - x0 + 1) / (height * width)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of `box`."""
        if self.box is None:
            return 0, 0
        y0, x0, y1, x1 = self.box
        return y1 - y0 + 1, x1 - x0 + 1

    @cached_property
    def pixels(self) -> Mask:
        """Exact set of what it sees, boolean (height, width): its box with the holes in it."""
        value = self.layer.place.value
        if value is None:
            return np.zeros(self.fields.source_size, bool)
        return self.fields.pixels_of(value, self.index)

    @property
    def density(self) -> float:
        """Share of `clipped` that it really reads; below 1 where there are holes."""
        if self.clipped is None:
            return 0.0
        y0, x0, y1, x1 = self.clipped
        return float(self.pixels[y0 : y1 + 1, x0 : x1 + 1].mean())

    @cached_property
    def _boxes(self) -> tuple[Box | None, Box | None]:
        rows, columns = (self.layer.element(axis, self.index) for axis in (0, 1))
        box, clipped = (
            None if y is None or x is None else (y[0], x[0], y[1], x[1])
            for y, x in zip(rows, columns, strict=True)
        )
        return box, clipped

    @property
    def _name(self) -> str:
        """Its address with the module path, as `as_dict` has it."""
        return f"{self.unit.source}/{escape_layer(self.layer.name)}:{self.unit.place}"


def _ends(box: Box) -> tuple[str, str]:
    y0, x0, y1, x1 = box
    return f"rows {y0} to {y1}", f"columns {x0} to {x1}"
