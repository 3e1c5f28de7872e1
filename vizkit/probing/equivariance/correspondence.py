"""Which unit of a layer should answer, after a transform, as which unit did before it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from vizkit.probing.equivariance.motion import Motion
from vizkit.probing.equivariance.scenes import Scenes
from vizkit.probing.equivariance.unit_grid import UnitGrid, is_on_grid, read, within


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Units of one layer under one transform.

    Attributes
    ----------
    indices : where each unit's content was in the map of the untransformed image, h x w x 2.
    whole : units that have such a place and see nothing from beyond the images.
    interior : those of them that no padding can reach, neither here nor there.
    on_grid : every unit's place is a unit.
    return_indices : the inverse transform's indices.
    returns : interior units that come back from there inside the interior.
    nudge : (dy, dx) by which the window has to be moved so that places are units; None where they
        are already, or where that cannot be.
    nudged, nudged_interior : indices and interior units for that window.
    """

    indices: Tensor
    whole: Tensor
    interior: Tensor
    on_grid: bool
    return_indices: Tensor
    returns: Tensor
    nudge: tuple[int, int] | None
    nudged: Tensor | None
    nudged_interior: Tensor

    @property
    def units(self) -> tuple[int, int]:
        """Number of units compared, and of those that no padding can reach."""
        return int(self.whole.sum()), int(self.interior.sum())


def correspond(
    grid: UnitGrid | None, scenes: Scenes, still: Motion, motion: Motion
) -> Correspondence | None:
    """Units of `grid` before and after `motion`; None for a layer whose units have no places."""
    if grid is None:
        return None
    before = grid.seeing_only(scenes.seen(still.valid))
    indices, whole, interior = _placed(grid, scenes, motion, before)
    margin = torch.tensor(scenes.margin, dtype=torch.float64)
    returned = grid.indices(motion.undone(grid.places() + margin) - margin)
    on_grid = is_on_grid(indices[whole]) and bool(whole.any())
    nudge = None if on_grid else _nudge(grid, scenes, motion)
    nudged, nudged_interior = None, torch.zeros_like(interior)
    if nudge is not None:
        nudged, _, nudged_interior = _placed(grid, scenes, motion, before, nudge)
    inner = interior & _all_of(interior, returned)
    return Correspondence(
        indices, whole, interior, on_grid, returned, inner, nudge, nudged, nudged_interior
    )


def _placed(
    grid: UnitGrid, scenes: Scenes, motion: Motion, before: Tensor, nudge: tuple[int, int] = (0, 0)
) -> tuple[Tensor, Tensor, Tensor]:
    margin = torch.tensor(scenes.margin, dtype=torch.float64)
    seen_from = margin + torch.tensor(nudge, dtype=torch.float64)
    indices = grid.indices(motion.source(grid.places() + seen_from) - margin)
    after = grid.seeing_only(scenes.seen(motion.valid, *nudge))
    whole = after & _all_of(before, indices)
    return indices, whole, whole & grid.interior & _all_of(grid.interior, indices)


def _all_of(chosen: Tensor, indices: Tensor) -> Tensor:
    """Places between units all of which are `chosen`."""
    share = read(chosen.double(), indices)
    return within(indices, (chosen.shape[0], chosen.shape[1])) & (share > 1 - 1e-9)


def _nudge(grid: UnitGrid, scenes: Scenes, motion: Motion) -> tuple[int, int] | None:
    """The smallest move of the window that makes the transform take units to units."""
    if not motion.exact:
        return None
    rows, columns = (range(-(side // 2), side - side // 2) for side in grid.stride)
    corner = grid.places()[:1, :1]
    margin = torch.tensor(scenes.margin, dtype=torch.float64)
    for nudge in sorted(
        product(rows, columns), key=lambda each: (abs(each[0]) + abs(each[1]), each)
    ):
        place = corner + margin + torch.tensor(nudge, dtype=torch.float64)
        if scenes.has_room(*nudge) and is_on_grid(grid.indices(motion.source(place) - margin)):
            return nudge
    return None
