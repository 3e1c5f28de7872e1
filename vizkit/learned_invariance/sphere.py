"""A unit on the sphere of images of one contrast: its slope, and its curvature along great circles.

At the best image of a contrast the slope along the sphere is zero, and the directions in which the
curvature is nearest to zero are those that the unit ignores (Berkes and Wiskott, Neural Computation
18, 2006).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.learned_invariance.chart import Chart
from vizkit.learned_invariance.one_unit import UnitResponse

_REACH = 0.05
"""Angle, in radians, over which a curvature is measured. A unit made of ReLUs has none at a point:
it bends where one of them switches."""


@dataclass(frozen=True, eq=False)
class Sphere:
    """Response of a unit as a function of the coordinates of an image.

    Points and directions are C H W.
    """

    response: UnitResponse
    chart: Chart

    def slopes(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Responses at `points`, B C H W, and their gradients in the coordinates."""
        with torch.enable_grad():
            held = points.detach().requires_grad_()
            values = self.response(self.chart.images(held))
            (gradients,) = torch.autograd.grad(values.sum(), [held])
        return values.detach(), gradients

    def slope(self, point: Tensor) -> tuple[float, Tensor]:
        """Response at `point`, and its gradient."""
        values, gradients = self.slopes(point[None])
        return float(values[0]), gradients[0]

    def curvature(self, point: Tensor) -> Callable[[Tensor], Tensor]:
        """Curvature of the response along the sphere at `point`, as a symmetric operator.

        Of a unit direction v along the sphere, ``(v * operator(v)).sum()`` is the second derivative
        by the angle along the great circle through v, as a share of the response: 0 for what the
        unit ignores, -1 in every direction for a linear unit, -2 for the square of one.
        """
        value, gradient = self.slope(point)
        radius = point.norm()
        falling = (gradient * point).sum()

        def bend(direction: Tensor) -> Tensor:
            step = _REACH * radius * direction
            _, gradients = self.slopes(torch.stack([point + step, point - step]))
            second = along(gradients[0] - gradients[1], point) / (2 * _REACH * radius)
            bent: Tensor = (radius**2 * second - falling * along(direction, point)) / value
            return bent

        return bend

    def turned(self, point: Tensor, direction: Tensor, angle: float) -> Tensor:
        """`point` turned towards `direction`, a tangent, by `angle` radians of what is seen."""
        seen, moved = self.chart.visible(torch.stack([point, direction]))
        ahead = along(moved, seen)
        pace = (ahead * ahead).sum() / ahead.norm() / seen.norm()
        sideways = (moved * seen).sum() / seen.square().sum()
        # point + t direction is seen under the angle of which this is the tangent.
        tangent = math.tan(angle)
        reach = tangent / (pace - tangent * sideways).clamp(min=1e-12)
        return on_sphere(point + reach * direction, float(point.norm()))

    def angle(self, one: Tensor, other: Tensor) -> float:
        """Angle between what is seen of two points, from gray, in radians."""
        a, b = self.chart.visible(torch.stack([one, other])).double()
        return math.acos(max(-1.0, min(1.0, float((a * b).sum() / (a.norm() * b.norm())))))


def along(direction: Tensor, *normals: Tensor) -> Tensor:
    """`direction` without what it has of each of `normals`, which need not be orthogonal."""
    basis: list[Tensor] = []
    for normal in normals:
        for each in basis:
            normal = normal - (normal * each).sum() * each
        size = normal.norm()
        if size > 0:
            basis.append(normal / size)
    for each in [*basis, *basis]:  # twice, because rounding leaves something the first time
        direction = direction - (direction * each).sum() * each
    return direction


def on_sphere(point: Tensor, radius: float) -> Tensor:
    """Nearest point to `point` at a distance of `radius` from gray."""
    scaled: Tensor = point * (radius / point.norm())
    return scaled


def flattest(
    operator: Callable[[Tensor], Tensor], start: Tensor, steps: int
) -> tuple[list[float], Tensor]:
    """Curvatures of a symmetric operator that span its range, and the direction of the greatest.

    Lanczos' method with full orthogonalization: the ends of the spectrum come out first.

    Parameters
    ----------
    start : a tangent direction that has something of all others.
    steps : applications of `operator`, at most.

    Returns
    -------
    tuple : curvatures, descending; and a unit direction.
    """
    basis = [start / start.norm()]
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(steps):
        image = operator(basis[-1])
        diagonal.append(float((image * basis[-1]).sum()))
        rest = along(image, *basis)
        size = float(rest.norm())
        if size <= 1e-3 * max(map(abs, diagonal)) or len(diagonal) == steps:
            break
        beside.append(size)
        basis.append(rest / size)
    count = len(diagonal)
    small = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    for place, size in enumerate(beside[: count - 1]):
        small[place, place + 1] = small[place + 1, place] = size
    values, vectors = torch.linalg.eigh(small)
    weights = vectors[:, -1].to(start)
    greatest = sum(
        (weight * each for weight, each in zip(weights, basis, strict=False)),
        torch.zeros_like(start),
    )
    return values.flip(0).tolist(), greatest / greatest.norm()
