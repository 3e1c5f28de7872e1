"""A walk along the iso-response surface of a unit: the picture changes, the response does not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.files import write_bytes
from vizkit.learned_invariance.chart import CHARTS, check_chart
from vizkit.learned_invariance.film import gif
from vizkit.learned_invariance.one_unit import UnitResponse, check_responds
from vizkit.learned_invariance.space import Space, check_space
from vizkit.learned_invariance.sphere import Sphere
from vizkit.learned_invariance.surface import Surface
from vizkit.networks.given import Given, given_unit
from vizkit.networks.units import Named, Units
from vizkit.progress import OnProgress
from vizkit.rendering import Recipe, render, size_canvas
from vizkit.rendering.plan import Size
from vizkit.rendering.seed import unit_generator
from vizkit.result import Result, plain
from vizkit.text import aligned
from vizkit.unit import Unit

_MEASURED = (
    *("response", "change", "angle", "tolerance"),
    *("space", "straight", "curvatures", "stuck", "random"),
)


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
        measured: dict[str, Any] = plain({name: getattr(self, name) for name in _MEASURED})
        return {"address": self.unit.address, **measured}


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
    canvas = size_canvas(
        net,
        shown.layer,
        whole=shown.position is not None,
        asked=size if start is None else (start.shape[-2], start.shape[-1]),
    ).canvas
    with torch.inference_mode(False):
        response = UnitResponse(net, shown, canvas)
        if start is None:
            start = render(net, shown, recipe=recipe, seed=seed, size=canvas)[0].image
        elif start.shape != (net.input_channels, *canvas):
            raise UsageError(
                f"start has shape {tuple(start.shape)}.\n  Give {net.input_channels} x H x W."
            )
        first = start.detach().float().to(net.device)[None]
        check_responds(shown, float(response.measure(first)))
        sphere = Sphere(response, CHARTS[coordinates](first[0]))
        surface = Surface(sphere, Space(net, space, response.seen(first)), tolerance)
        generator = unit_generator(shown.address, seed, 0)
        curvatures, ahead = surface.flattest(generator)
        points, stuck = surface.go(ahead, steps, step, progress)
        straight = surface.straight(generator)
        with torch.no_grad():
            frames = torch.cat([sphere.chart.images(point[None]) for point in points])
            return Walk(
                unit=shown,
                frames=frames.cpu(),
                response=torch.cat([response.measure(frame[None]) for frame in frames]),
                change=torch.cat([surface.change(frame[None]) for frame in frames]).cpu(),
                angle=torch.tensor([sphere.angle(points[0], point) for point in points]),
                tolerance=tolerance,
                space=space,
                straight=straight,
                curvatures=tuple(curvatures),
                stuck=stuck,
                random=net.weights.random,
            )
