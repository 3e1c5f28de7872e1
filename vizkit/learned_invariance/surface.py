"""The surface on which a unit's response is that of one picture, and ways along it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vizkit.learned_invariance.space import Space
from vizkit.learned_invariance.sphere import Sphere, along, flattest, on_sphere
from vizkit.progress import OnProgress, Progress

_CLIMBS = 12
"""Corrections of one step; near a summit each halves what is missing."""
_HALVINGS = 4
_CLOSE = 0.5
"""A correction is done when the response is within this share of the tolerance."""
_STRAIGHT = 8
"""Great circles in random directions that the walk is compared with."""


class Surface:
    """The surface of equal response through the start of a sphere, and ways along it.

    Parameters
    ----------
    space : where change counts.
    tolerance : largest deviation of the response, as a share of that of the start.
    """

    def __init__(self, sphere: Sphere, space: Space, tolerance: float) -> None:
        self._start = start = sphere.chart.start
        self._sphere = sphere
        self._space = space
        self._tolerance = tolerance
        self._radius = float(start.norm())
        with torch.no_grad():
            self._origin = space(self._sphere.chart.images(start[None]))
        self._wanted, self._first_slope = sphere.slope(start)

    def flattest(self, generator: torch.Generator) -> tuple[list[float], Tensor]:
        """Curvatures at the start, and the direction of the greatest along the surface."""
        normals = self._normals(self._start, self._first_slope)
        noise = torch.randn(self._start.shape, generator=generator).to(self._start)
        bend = self._sphere.curvature(self._start)
        free = self._start.numel() - len(normals)
        return flattest(
            lambda direction: along(bend(direction), *normals),
            along(noise, *normals),
            min(free, 12),
        )

    def go(
        self, ahead: Tensor, steps: int, step: float, progress: OnProgress | None
    ) -> tuple[list[Tensor], bool]:
        """Points of a walk that begins in the direction `ahead`, and whether it got stuck."""
        points = [self._start]
        slope = self._first_slope
        for number in range(steps):
            here = points[-1]
            normals = self._normals(here, slope)
            straight = _unit(along(ahead, *normals))
            # Short where hardly anything of it lies along the surface, as at the opposite of the
            # start; where it points back, the change has passed its greatest: straight on.
            outward = along(_unit(self._outward(here)), *normals) if number else straight
            agree = float((straight * outward).sum()) > -0.1
            direction = _unit(along(straight + outward, *normals)) if agree else straight
            for halving in range(_HALVINGS + 1):
                target = self._sphere.turned(here, direction, step / 2**halving)
                corrected = self._corrected(target)
                if corrected is not None:
                    break
            else:
                return points, True
            point, slope = corrected
            ahead = point - here
            points.append(point)
            if progress is not None:
                progress(Progress(number + 1, steps, self._sphere.response.unit.address))
        return points, False

    @torch.no_grad()
    def straight(self, generator: torch.Generator) -> float:
        """Median change up to which great circles in random directions stay in the tolerance."""
        point = self._start
        reached = []
        noise = torch.randn((_STRAIGHT, *point.shape), generator=generator).to(point)
        angles = [math.pi / 2 * (number + 1) / 65 for number in range(64)]
        for direction in (_unit(along(random, point)) for random in noise):
            last = 0.0
            for first in range(0, len(angles), 8):
                turned = torch.stack(
                    [self._sphere.turned(point, direction, a) for a in angles[first : first + 8]]
                )
                shown = self._sphere.chart.images(turned)
                share = self._sphere.response.measure(shown) / self._wanted
                inside = ((share - 1).abs() <= self._tolerance).tolist()
                count = inside.index(False) if False in inside else len(inside)
                if count:
                    last = float(self.change(shown[count - 1 : count]))
                if count < len(inside):
                    break
            reached.append(last)
        return sorted(reached)[len(reached) // 2]

    def change(self, images: Tensor) -> Tensor:
        """Distance of each image from the start, B; it has no gradient at the start itself."""
        return (self._space(images) - self._origin).square().mean(1).sqrt()

    def _corrected(self, point: Tensor) -> tuple[Tensor, Tensor] | None:
        """`point` brought back to the surface by Newton's steps on the sphere, and its slope."""
        best: tuple[float, Tensor, Tensor] | None = None
        for _ in range(_CLIMBS):
            value, slope = self._sphere.slope(point)
            missing = self._wanted - value
            off = abs(missing) / self._wanted
            if best is None or off < best[0]:
                best = (off, point, slope)
            uphill = along(slope, point)
            steep = float(uphill.square().sum())
            if off <= _CLOSE * self._tolerance or steep == 0:
                break
            length = missing / math.sqrt(steep)
            longest = 0.1 * self._radius  # a Newton step near a summit goes anywhere
            length = max(-longest, min(longest, length))
            point = on_sphere(point + length * uphill / math.sqrt(steep), self._radius)
        assert best is not None
        return best[1:] if best[0] <= self._tolerance else None

    def _normals(self, point: Tensor, slope: Tensor) -> tuple[Tensor, ...]:
        """Directions that leave the sphere, or the surface where it is not level anyway."""
        uphill = along(slope, point)
        level = float(uphill.norm()) * self._radius < self._tolerance * self._wanted
        return (point,) if level else (point, uphill)

    def _outward(self, point: Tensor) -> Tensor:
        with torch.enable_grad():
            held = point.detach().requires_grad_()
            change = self.change(self._sphere.chart.images(held[None])).sum()
            (gradient,) = torch.autograd.grad(change, [held])
        return gradient


def _unit(direction: Tensor) -> Tensor:
    size = direction.norm()
    return direction / size if size > 0 else direction
