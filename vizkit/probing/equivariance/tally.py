"""Squared differences of the maps of one layer, summed up batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vizkit.probing.equivariance.correspondence import Correspondence
from vizkit.probing.equivariance.result import LayerEquivariance, Split
from vizkit.probing.equivariance.unit_grid import UnitGrid, read
from vizkit.probing.uncertainty import ratio_of_means


class LayerTally:
    """Mean squared differences per unit of one layer, for each image and each of `count` motions.

    They are kept by name: ``whole`` between f(g x) and g f(x), over all units that lie in both
    maps; ``interior`` the same over units that no padding can reach; ``aligned`` as that, with the
    image moved by so few pixels that g takes units to units. Each has a ``... null``, between f(x)
    and f(another image) over the same units. ``back`` is between f(x) and what is left of it after
    g and its inverse have acted on the map. What a motion does not have is NaN.
    """

    def __init__(self, grid: UnitGrid | None, count: int) -> None:
        self._grid = grid
        self._parts: list[dict[str, list[Tensor]]] = [{} for _ in range(count)]
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
        """Add a batch's maps at motion `number`, seen through a window moved by `nudge`."""
        if nudge == (0, 0):
            if plan is None:
                self._sum_channels(
                    number, *self._keep(number, "whole", _flat(after), _flat(before))
                )
                return
            expected = read(before, plan.indices)
            whole = after[:, :, plan.whole], expected[:, :, plan.whole]
            both = self._keep(number, "whole", *whole)
            inner = plan.interior[plan.whole].to(after.device)
            if not inner.all():
                both = both[0][:, :, inner], both[1][:, :, inner]
            self._keep_squares(number, "interior", *both)
            self._sum_channels(number, *both)
            back = read(expected, plan.return_indices) if not plan.on_grid else before
            apart = back[:, :, plan.returns] - before[:, :, plan.returns]
            self._keep_squares(number, "back", apart.square())
        if plan is not None and plan.nudge == nudge and plan.nudged is not None:
            inner = plan.nudged_interior
            self._keep(
                number, "aligned", after[:, :, inner], read(before, plan.nudged)[:, :, inner]
            )

    def _keep(
        self, number: int, name: str, after: Tensor, expected: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Keep, and return, squared differences of maps as B C units, and those of other images."""
        both = (after - expected).square(), (expected.roll(-1, 0) - expected).square()
        self._keep_squares(number, name, *both)
        return both

    def _keep_squares(self, number: int, name: str, *squares: Tensor) -> None:
        for key, each in zip((name, f"{name} null"), squares, strict=False):
            per_unit = each.sum(1).double().mean(1).cpu()
            self._parts[number].setdefault(key, []).append(per_unit)

    def _sum_channels(self, number: int, errors: Tensor, nulls: Tensor) -> None:
        for sums, squares in ((self._channels, errors), (self._channel_nulls, nulls)):
            sums[number] = sums[number] + squares.double().mean(2).sum(0).cpu()

    def _energy(self, name: str) -> Tensor:
        """Of all images, N x V."""
        nothing = torch.full((len(torch.cat(self._parts[0]["whole"])),), torch.nan).double()
        columns = [torch.cat(each[name]) if name in each else nothing for each in self._parts]
        return torch.stack(columns, 1)

    def _error(self, name: str, null: str) -> Tensor:
        return ratio_of_means(self._energy(name), self._energy(null))[0]

    def result(self, layer: str, plans: Sequence[Correspondence | None]) -> LayerEquivariance:
        """Errors of all batches."""
        on_grid = torch.tensor([plan is not None and plan.on_grid for plan in plans])
        total, low, high = ratio_of_means(self._energy("whole"), self._energy("whole null"))
        interior = self._error("interior", "interior null")
        aligned = self._error("aligned", "aligned null")
        interpolation = torch.minimum(self._error("back", "interior null") / 4, interior)
        left = interior - interpolation
        moved = torch.where(aligned.isnan(), left, torch.minimum(aligned, left))
        rest = torch.where(on_grid, left, moved)
        return LayerEquivariance(
            layer,
            Split(
                total,
                low,
                high,
                padding=total - interior,
                interpolation=interpolation,
                phase=left - rest,
                rest=rest,
                separable=on_grid | ~aligned.isnan(),
            ),
            torch.stack(self._channels) / torch.stack(self._channel_nulls),
            None if self._grid is None else self._grid.stride,
            torch.tensor([(0, 0) if plan is None else plan.units for plan in plans]),
        )


def _flat(output: Tensor) -> Tensor:
    return output.flatten(2) if output.ndim > 2 else output.unsqueeze(2)
