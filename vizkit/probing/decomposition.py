"""What a layer's error of equivariance is made of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.probing.scores.bootstrap import ratio_of_means


@dataclass(frozen=True, eq=False)
class Energies:
    """Mean squared differences per unit of a layer, N images x V transforms, float64.

    Attributes
    ----------
    whole : between f(g x) and g f(x), over all units that lie in both maps.
    whole_null : between f(x) and f(another image), over the same units.
    interior, interior_null : the same over units that no padding can reach; NaN without such.
    back : between f(x) and what is left of it after g and its inverse have acted on the map, over
        interior units; 0 where g takes units to units.
    aligned, aligned_null : as `interior`, with the image moved by so few pixels that g takes units
        to units; NaN where that cannot be done or need not be.
    on_grid : g takes units to units, V.
    """

    whole: Tensor
    whole_null: Tensor
    interior: Tensor
    interior_null: Tensor
    back: Tensor
    aligned: Tensor
    aligned_null: Tensor
    on_grid: Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Parts of the squared error of equivariance, for V transforms; they sum to `total`.

    All are in units of the squared distance between two images at the same units: 0 is
    equivariance, 1 is no better than another image.

    Attributes
    ----------
    total : over all units, with `low` and `high`, its interval of 95 % from resampled images.
    padding : what the units at the border add to the error of those that no padding can reach; it
        is negative where the border is better than the interior.
    interpolation : what reading the map between its units costs, from going there and back on the
        layer's own maps, which blurs twice: a quarter of that error's square.
    phase : what disappears when the image is moved by so few pixels that the transform takes units
        to units: aliasing of the strides.
    rest : what is left; the filters themselves, or operations that know where they are.
    separable : whether `phase` could be told from `rest`; where not, it is 0.

    The parts are NaN for layers without units that padding cannot reach.
    """

    total: Tensor
    low: Tensor
    high: Tensor
    padding: Tensor
    interpolation: Tensor
    phase: Tensor
    rest: Tensor
    separable: Tensor

    @property
    def interior(self) -> Tensor:
        """Error of the units that no padding can reach."""
        return self.interpolation + self.phase + self.rest


def split(energies: Energies) -> Split:
    """Parts of the error of a layer from its mean squared differences.

    Examples
    --------
    >>> one, none = torch.ones(2, 1).double(), torch.full((2, 1), torch.nan).double()
    >>> grid = torch.tensor([True])
    >>> found = split(Energies(0.5 * one, one, 0.125 * one, one, 0 * one, none, none, grid))
    >>> found.total.item(), found.padding.item(), found.phase.item(), found.rest.item()
    (0.5, 0.375, 0.0, 0.125)
    """
    total, low, high = ratio_of_means(energies.whole, energies.whole_null)
    interior, _, _ = ratio_of_means(energies.interior, energies.interior_null)
    back, _, _ = ratio_of_means(energies.back, energies.interior_null)
    aligned, _, _ = ratio_of_means(energies.aligned, energies.aligned_null)
    interpolation = torch.minimum(back / 4, interior)
    left = interior - interpolation
    separable = energies.on_grid | ~aligned.isnan()
    moved = torch.where(aligned.isnan(), left, torch.minimum(aligned, left))
    rest = torch.where(energies.on_grid, left, moved)
    return Split(total, low, high, total - interior, interpolation, left - rest, rest, separable)
