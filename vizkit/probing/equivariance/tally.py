"""Errors of equivariance of one layer, summed up batch by batch, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.probing.equivariance.correspondence import Correspondence
from vizkit.probing.equivariance.unit_grid import UnitGrid, read
from vizkit.probing.uncertainty import ratio_of_means


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


@dataclass(frozen=True, eq=False)
class LayerEquivariance:
    """Error of equivariance of one layer, over V values of a transform.

    Attributes
    ----------
    layer : name as it was asked for.
    split : the error and its parts, V each.
    channels : error of each channel alone, V x C, over units that no padding can reach, or over
        all where the units have no places; NaN for a channel that no image moves.
    stride : (y, x) in pixels; None where units have no places in the image.
    units : units that were compared, and those of them that no padding can reach, V x 2.
    """

    layer: str
    split: Split
    channels: Tensor
    stride: tuple[int, int] | None
    units: Tensor


class LayerTally:
    """Squared differences of the maps of one layer under `count` transforms."""

    def __init__(self, grid: UnitGrid | None, count: int) -> None:
        self._grid = grid
        self._rows: list[dict[str, list[Tensor]]] = [{} for _ in range(count)]
        self._channels: list[Tensor] = [torch.zeros(()) for _ in range(count)]
        self._channel_nulls: list[Tensor] = [torch.zeros(()) for _ in range(count)]

    def add(
        self,
        number: int,
        plan: Correspondence | None,
        nudge: tuple[int, int],
        before: Tensor,
        after: Tensor,
    ) -> None:
        """Add a batch's maps at transform `number`, seen through a window moved by `nudge`."""
        rows = self._rows[number]
        if plan is None:
            if nudge == (0, 0):
                self._whole(number, _flat(after), _flat(before))
            return
        if nudge == (0, 0):
            expected = read(before, plan.indices)
            self._whole(
                number,
                after[:, :, plan.whole],
                expected[:, :, plan.whole],
                plan.interior[plan.whole],
            )
            back = read(expected, plan.return_indices) if not plan.on_grid else before
            use = plan.returns
            _keep(rows, "back", _mean_square(back[:, :, use], before[:, :, use]))
        if plan.nudge == nudge and plan.nudged is not None:
            inner = plan.nudged_interior
            expected = read(before, plan.nudged)[:, :, inner]
            _keep(rows, "aligned", _mean_square(after[:, :, inner], expected))
            _keep(rows, "aligned_null", _mean_square(expected.roll(-1, 0), expected))

    def _whole(
        self, number: int, after: Tensor, expected: Tensor, interior: Tensor | None = None
    ) -> None:
        """Add maps as B C units."""
        rows = self._rows[number]
        errors = (after - expected).square()
        nulls = (expected.roll(-1, 0) - expected).square()
        _keep(rows, "whole", _per_unit(errors))
        _keep(rows, "whole_null", _per_unit(nulls))
        if interior is not None:
            if not interior.all():
                errors, nulls = (each[:, :, interior.to(each.device)] for each in (errors, nulls))
            _keep(rows, "interior", _per_unit(errors))
            _keep(rows, "interior_null", _per_unit(nulls))
        self._channels[number] = self._channels[number] + _per_channel(errors)
        self._channel_nulls[number] = self._channel_nulls[number] + _per_channel(nulls)

    def result(
        self, layer: str, plans: Sequence[Mapping[str, Correspondence | None]]
    ) -> LayerEquivariance:
        """Errors of all batches."""
        own = [plan[layer] for plan in plans]
        images = len(torch.cat(self._rows[0]["whole"]))
        nothing = torch.full((images,), torch.nan, dtype=torch.float64)

        def gathered(name: str) -> Tensor:
            columns = [torch.cat(row[name]) if name in row else nothing for row in self._rows]
            return torch.stack(columns, 1)

        energies = Energies(
            whole=gathered("whole"),
            whole_null=gathered("whole_null"),
            interior=gathered("interior"),
            interior_null=gathered("interior_null"),
            back=gathered("back"),
            aligned=gathered("aligned"),
            aligned_null=gathered("aligned_null"),
            on_grid=torch.tensor([each is not None and each.on_grid for each in own]),
        )
        return LayerEquivariance(
            layer,
            split(energies),
            torch.stack(self._channels) / torch.stack(self._channel_nulls),
            None if self._grid is None else self._grid.stride,
            torch.tensor([(0, 0) if each is None else each.units for each in own]),
        )


def _flat(output: Tensor) -> Tensor:
    return output.flatten(2) if output.ndim > 2 else output.unsqueeze(2)


def _keep(rows: dict[str, list[Tensor]], name: str, values: Tensor) -> None:
    rows.setdefault(name, []).append(values.cpu())


def _mean_square(first: Tensor, second: Tensor) -> Tensor:
    return _per_unit((first - second).square())


def _per_unit(squares: Tensor) -> Tensor:
    return squares.sum(1).double().mean(1)


def _per_channel(squares: Tensor) -> Tensor:
    return squares.double().mean(2).sum(0).cpu()
