"""What one unit sees, and which units one pixel can change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vizkit.receptive_fields.propagation.relations import Mask

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class UnitField:
    """What one unit can see of the source.

    Attributes
    ----------
    layer, channel, position : the unit; position is (y, x), or None in a layer without a map.
    box : [y0, x0, y1, x1], inclusive, as if the source had no borders; None if it sees nothing.
    clipped : the part of the source that it really reads.
    """

    layer: str
    channel: int
    position: tuple[int, int] | None
    box: Box | None
    clipped: Box | None

    @property
    def visible(self) -> float:
        """Share of `box` that lies in the source, from 0 to 1."""
        if self.box is None or self.clipped is None:
            return 0.0
        return _area(self.clipped) / _area(self.box)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of `box`."""
        if self.box is None:
            return 0, 0
        y0, x0, y1, x1 = self.box
        return y1 - y0 + 1, x1 - x0 + 1


@dataclass(frozen=True, eq=False, slots=True)
class ProjectiveField:
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

    @property
    def count(self) -> int:
        """Number of units."""
        return int(np.count_nonzero(self.units))

    @property
    def box(self) -> Box | None:
        """[y0, x0, y1, x1] of the positions in the layer's map; None for none or without a map."""
        return bounding_box(np.any(self.units, axis=0)) if self.units.ndim == 3 else None


def bounding_box(mask: Mask) -> Box | None:
    """[y0, x0, y1, x1], inclusive, of what is True in `mask`; None if nothing is.

    Examples
    --------
    >>> bounding_box(np.eye(5, dtype=bool)[1:4])
    (0, 1, 2, 3)
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])


def _area(box: Box) -> int:
    y0, x0, y1, x1 = box
    return (y1 - y0 + 1) * (x1 - x0 + 1)
