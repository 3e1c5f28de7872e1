"""Which units one pixel can change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vizkit.receptive_fields.propagation.relations import Mask
from vizkit.receptive_fields.unit_field import Box
from vizkit.result import Result


@dataclass(frozen=True, eq=False, repr=False)
class ProjectiveField(Result):
    """The units of a layer that one pixel can change.

    Attributes
    ----------
    layer, pixel : what was asked; pixel is (y, x).
    units : boolean, shape of the layer's output for one image: (C, H, W) for a map.
    """

    layer: str
    pixel: tuple[int, int]
    units: Mask

    def __repr__(self) -> str:
        return f"<ProjectiveField of pixel {self.pixel}: {self.count} units of {self.layer}>"

    def __str__(self) -> str:
        y, x = self.pixel
        text = f"pixel {y},{x} reaches {self.count:,} of {self.units.size:,} units of {self.layer}"
        if self.box is None:
            return text
        return text + ", in rows {0} to {2} and columns {1} to {3} of the map".format(*self.box)

    def as_dict(self) -> dict[str, Any]:
        """Pixel, layer, number of units and the box of their positions."""
        return {
            "layer": self.layer,
            "pixel": list(self.pixel),
            "count": self.count,
            "box": None if self.box is None else list(self.box),
        }

    @property
    def count(self) -> int:
        """Number of units."""
        return int(np.count_nonzero(self.units))

    @property
    def box(self) -> Box | None:
        """[y0, x0, y1, x1] of the positions in the layer's map; None for none or without a map."""
        if self.units.ndim != 3 or not self.count:
            return None
        rows, columns = (np.flatnonzero(self.units.any((0, axis))) for axis in (2, 1))
        return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])
