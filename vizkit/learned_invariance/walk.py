"""A walk along the iso-response surface of a unit: the picture changes, the response does not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.files import write_bytes
from vizkit.learned_invariance.chart import chart_of, check_chart
from vizkit.learned_invariance.film import gif
from vizkit.learned_invariance.one_unit import UnitResponse, check_responds
from vizkit.learned_invariance.space import Space, check_space
from vizkit.learned_invariance.sphere import Sphere, along, flattest, on_sphere
from vizkit.networks.given import Given, given_unit
from vizkit.networks.units import Named, Units
from vizkit.progress import OnProgress, Progress
from vizkit.rendering import Recipe, render, size_canvas
from vizkit.rendering.plan import Size
from vizkit.rendering.seed import unit_generator
from vizkit.result import Result
from vizkit.text import aligned
from vizkit.unit import Unit

_CLIMBS = 12
"""Corrections of one step; near a summit each halves what is missing."""
_HALVINGS = 4
_CLOSE = 0.5
"""A correction is done when the response is within this share of the tolerance."""
_STRAIGHT = 8
"""Great circles in random directions that the walk is compared with."""


@dataclass(frozen=True, eq=False)
class Walk(Result):
    """Pictures along an iso-response surface, and what was measured of them.

    Attributes
    ----------
    unit : whose response stays.
    frames : N C H W in [0, 1], on the CPU; the first is the start.
    response : N, measured on the clean frames.
    change : N, distance of each frame from the first in `space`; root mean square.
    angle : N, between each frame and the first as seen from gray, radians.
    tolerance : largest deviation of a response from the first, as a share of it.
    space : ``"pixels"`` (low-passed) or the layer in which the change was made large.
    straight : change up to which a great circle in a random direction stays in the tolerance,
        median of eight: the floor, how far one gets without any correction.
    curvatures : of the response at the start along the sphere of images of its contrast, relative
        to the response and per radian squared of the walk's coordinates, descending. In pixels they
        are 0 where the unit is invariant and -1 in every direction for a linear unit.
    stuck : True where no further step kept the response.
    random : True when the network's weights were never trained.
    """

    plot = "film_strip"

    unit: Unit
    frames: Tensor
    response: Tensor
    change: Tensor
    angle: Tensor
    tolerance: float
    space: str
    straight: float
    curvatures: tuple[float, ...]
    stuck: bool
    random: bool

    @property
    def share(self) -> Tensor:
        """Response of each frame as a share of the first."""
        return self.response / self.response[0]

    def gif(self, *, enlarge: int = 2, frame_s: float = 0.1) -> bytes:
        """Film of the walk there and back, as an animated GIF.

        Parameters
        ----------
        enlarge : dots per pixel, a whole number.
        frame_s : time of a frame in seconds.
        """
        return gif(self.frames, enlarge=enlarge, frame_s=frame_s)

    def save_gif(self, path: Path | str, *, enlarge: int = 2, frame_s: float = 0.1) -> Path:
        """Write `gif` to `path` and return it."""
        write_bytes(Path(path), self.gif(enlarge=enlarge, frame_s=frame_s))
        return Path(path)

    def __repr__(self) -> str:
        off = float((self.share - 1).abs().max())
        return (
            f"<Walk {self.unit}: {len(self.frames)} frames, change "
            f"{float(self.change.max()):.3g} in {self.space}, response within {off:.1%}"
            f"{', RANDOM WEIGHTS' if self.random else ''}>"
        )

    def __str__(self) -> str:
        columns = (self.response, self.share, self.change, self.angle)
        rows = [("FRAME", "RESPONSE", "SHARE", "CHANGE", "ANGLE")]
        for place, (response, share, change, angle) in enumerate(zip(*columns, strict=True)):
            shown = (f"{response:.3g}", f"{100 * share:.1f} %", f"{change:.3g}", f"{angle:.2f}")
            rows.append((str(place), *shown))
        return f"{self!r}\n{aligned(rows, range(5))}"

    def as_dict(self) -> dict[str, Any]:
        """Numbers of all frames, without the frames themselves."""
        return {
            "address": self.unit.address,
            "response": self.response.tolist(),
            "change": self.change.tolist(),
            "angle": self.angle.tolist(),
            "tolerance": self.tolerance,
            "space": self.space,
            "straight": self.straight,
            "curvatures": list(self.curvatures),
            "stuck": self.stuck,
            "random": self.random,
        }


def walk(
    network: Given | Units,
    unit: Named | None = None,
    *,
    start: Tensor | None = None,
    space: str = "pixels",
    coordinates: str = "spectrum",
    steps: int = 48,
    step: float = 0.12,
    tolerance: float = 0.02,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    progress: OnProgress | None = None,
) -> Walk:
    """Walk from a picture that drives a unit to others that drive it as well and look different.

    All pictures have the contrast of the first. Every step goes along the surface of equal
    response, in the direction in which the change from the start grows most and straight on, and
    is then brought back to the response of the start. The first step goes where the response
    falls off least. Beyond the picture that differs most it goes straight on, so that a walk along
    a ring, such as the phase of a complex cell, comes round.

    Parameters
    ----------
    network : name, network or module; or, without `unit`, a whole address, e.g.
        ``"googlenet@distilled/inception3b:7"``.
    unit : address of one unit, ``"inception3b:7"``.
    start : C H W in [0, 1]; by default the unit's own picture, rendered with `recipe` and `seed`.
    space : where change counts: ``"pixels"``, after a low-pass, or an earlier layer.
    coordinates : in which distances are taken and steps go straight: ``"spectrum"``, weighted as
        natural images are, or plain ``"pixels"``.
    steps : of the walk; there is one frame more.
    step : length of a step, radians as seen from gray.
    tolerance : largest deviation of the response, as a share of the first.
    size : side, or (height, width), of the canvas in pixels; by default as `vizkit.render`.
    progress : called after each step of the walk.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.
    RenderError : the unit has no positive response.

    Examples
    --------
    >>> import vizkit
    >>> found = walk("lenet5@random/c3:1", steps=2, recipe=vizkit.Recipe(steps=4))
    >>> len(found.frames), bool(((found.share - 1).abs() < 0.02).all())
    (3, True)
    """
    for name, value, most in (
        ("steps", steps, 10_000),
        ("step", step, 1),
        ("tolerance", tolerance, 1),
    ):
        if not 0 < value <= most:
            raise UsageError(
                f"{name}={value!r} is out of range.\n  Give more than 0, at most {most}."
            )
    net, shown = given_unit(network, unit)
    check_space(net, space, shown.layer.name)
    check_chart(coordinates)
    asked = size if start is None else (start.shape[-2], start.shape[-1])
    whole = shown.position is not None
    canvas = size_canvas(net, shown.layer, whole=whole, asked=asked).canvas
    with torch.inference_mode(False):
        response = UnitResponse(net, shown, canvas)
        if start is None:
            start = render(net, shown, recipe=recipe, seed=seed, size=canvas)[0].image
        elif start.shape != (net.input_channels, *canvas):
            raise UsageError(
                f"start has shape {tuple(start.shape)}.\n  Give {net.input_channels} x H x W."
            )
        first = start.detach().float().to(net.device)[None]
        chart = chart_of(coordinates, first[0])
        check_responds(shown, float(response.measure(first)))
        space_at = Space(net, space, response.seen(first))
        walker = _Walker(Sphere(response, chart), space_at, tolerance)
        generator = unit_generator(shown.address, seed, 0)
        curvatures, ahead = walker.flattest(generator)
        points, stuck = walker.go(ahead, steps, step, progress)
        straight = walker.straight(generator)
        return walker.report(points, stuck, straight, curvatures, net.weights.random)


class _Walker:
    """The surface of equal response through one point of a sphere."""

    def __init__(self, sphere: Sphere, space: Space, tolerance: float) -> None:
        self._start = start = sphere.chart.start
        self._sphere = sphere
        self._space = space
        self._tolerance = tolerance
        self._radius = float(start.norm())
        with torch.no_grad():
            self._origin = space(self._images(start[None]))
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
                found = self._corrected(target)
                if found is not None:
                    break
            else:
                return points, True
            point, slope = found
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
        for direction in (_unit(along(each, point)) for each in noise):
            last = 0.0
            for first in range(0, len(angles), 8):
                turned = torch.stack(
                    [self._sphere.turned(point, direction, a) for a in angles[first : first + 8]]
                )
                shown = self._images(turned)
                share = self._sphere.response.measure(shown) / self._wanted
                inside = ((share - 1).abs() <= self._tolerance).tolist()
                count = inside.index(False) if False in inside else len(inside)
                if count:
                    last = float(self._change(shown[count - 1 : count]))
                if count < len(inside):
                    break
            reached.append(last)
        return sorted(reached)[len(reached) // 2]

    @torch.no_grad()
    def report(
        self,
        points: list[Tensor],
        stuck: bool,
        straight: float,
        curvatures: list[float],
        random: bool,
    ) -> Walk:
        """What was found, measured frame by frame."""
        frames = torch.cat([self._images(each[None]) for each in points])
        angle = [self._sphere.angle(self._start, each) for each in points]
        response = self._sphere.response
        return Walk(
            unit=response.unit,
            frames=frames.cpu(),
            response=torch.cat([response.measure(each[None]) for each in frames]),
            change=torch.cat([self._change(each[None]) for each in frames]).cpu(),
            angle=torch.tensor(angle),
            tolerance=self._tolerance,
            space=self._space.name,
            straight=straight,
            curvatures=tuple(curvatures),
            stuck=stuck,
            random=random,
        )

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
            change = self._change(self._images(held[None])).sum()
            (gradient,) = torch.autograd.grad(change, [held])
        return gradient

    def _change(self, images: Tensor) -> Tensor:
        """Distance of each image from the start, B; it has no gradient at the start itself."""
        return (self._space(images) - self._origin).square().mean(1).sqrt()

    def _images(self, points: Tensor) -> Tensor:
        return self._sphere.chart.images(points)


def _unit(direction: Tensor) -> Tensor:
    size = direction.norm()
    return direction / size if size > 0 else direction
