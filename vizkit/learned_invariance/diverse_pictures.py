"""Pictures that all drive one unit and differ as much as they can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vizkit.errors import RenderError, UsageError
from vizkit.learned_invariance.one_unit import UnitResponse, check_responds
from vizkit.learned_invariance.space import Space, check_space
from vizkit.learned_invariance.spread import spread
from vizkit.networks.given import Given, given_unit
from vizkit.networks.units import Named, Units
from vizkit.rendering import Recipe, Renderer, Renders, size_canvas
from vizkit.rendering.loop import OnStep, part
from vizkit.rendering.objectives.diversity import distances
from vizkit.rendering.objectives.unit import UnitObjective
from vizkit.rendering.plan import MOST_PICTURES, Size
from vizkit.result import Result
from vizkit.text import aligned
from vizkit.unit import Unit


@dataclass(frozen=True, eq=False)
class Diverse(Result):
    """Pictures of one unit that differ from each other, beside independent ones.

    Attributes
    ----------
    unit : whose pictures they are.
    images : N C H W in [0, 1], on the CPU.
    response : N, measured on the clean images.
    distances : N x N, of every two images in `space`; root mean square.
    independent : the unit's pictures from as many seeds, each by itself.
    independent_distances : N x N, theirs.
    best : largest response that any of all these pictures has.
    enough : share of the best that every image was to keep.
    space : ``"pixels"`` (low-passed) or the layer in which distances were made large.
    """

    plot = "diverse_sheet"

    unit: Unit
    images: Tensor
    response: Tensor
    distances: Tensor
    independent: Renders
    independent_distances: Tensor
    best: float
    enough: float
    space: str

    @property
    def share(self) -> Tensor:
        """Response of each image as a share of the best, N."""
        return self.response / self.best

    @property
    def independent_share(self) -> Tensor:
        """The same of the independent pictures, N."""
        return torch.tensor([render.final for render in self.independent]) / self.best

    @property
    def kept(self) -> Tensor:
        """Which images keep enough of the best response, boolean, N."""
        return self.share >= self.enough

    @property
    def random(self) -> bool:
        """True when the network's weights were never trained."""
        return self.independent[0].random

    @property
    def gain(self) -> float:
        """How many times farther apart two images are than two independent ones, on average."""
        return mean_distance(self.distances) / mean_distance(self.independent_distances)

    def __repr__(self) -> str:
        return (
            f"<Diverse {self.unit}: {int(self.kept.sum())} of {len(self.images)} images at "
            f"{100 * self.enough:.0f} % of the best or more, {self.gain:.2f} times as far apart in "
            f"{self.space} as independent ones{', RANDOM WEIGHTS' if self.random else ''}>"
        )

    def __str__(self) -> str:
        rows = [("PICTURE", "RESPONSE", "%", "INDEPENDENT", "%")]
        columns = (self.response, self.share, self.independent, self.independent_share)
        for place, (response, share, alone, other) in enumerate(zip(*columns, strict=True)):
            shares = f"{100 * share:.0f}", f"{100 * other:.0f}"
            rows.append((str(place), f"{response:.3g}", shares[0], f"{alone.final:.3g}", shares[1]))
        return f"{self!r}\n{aligned(rows, range(5))}"

    def as_dict(self) -> dict[str, Any]:
        """Numbers of all pictures."""
        return {
            "address": self.unit.address,
            "space": self.space,
            "enough": self.enough,
            "best": self.best,
            "response": self.response.tolist(),
            "distances": self.distances.tolist(),
            "independent": self.independent.as_dict()["renders"],
            "independent_distances": self.independent_distances.tolist(),
            "gain": self.gain,
            "random": self.random,
        }


def mean_distance(table: Tensor) -> float:
    """Mean distance of two different points.

    Examples
    --------
    >>> mean_distance(torch.tensor([[0.0, 3.0], [3.0, 0.0]]))
    3.0
    """
    count = len(table)
    return float(table.sum()) / (count * (count - 1))


def diverse(
    network: Given | Units,
    unit: Named | None = None,
    *,
    count: int = 8,
    space: str = "pixels",
    enough: float = 0.8,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    progress: OnStep | None = None,
) -> Diverse:
    """Images that all drive `unit` to a share of its best response and differ from each other.

    First, pictures from `count` seeds are rendered each by itself: the best of them says what the
    unit can do, and they are what the distances are compared with. Then as many are painted
    together in one batch from the same starts: each climbs until it has enough, and spends what it
    has to spare on being different from all others (after Cadena et al., ECCV 2018).

    Parameters
    ----------
    network : name, network or module; or, without `unit`, a whole address, e.g.
        ``"googlenet@distilled/inception3b:7"``.
    unit : address of one unit, ``"inception3b:7"``.
    count : number of images, 2 to 64.
    space : where they should differ: ``"pixels"``, after a low-pass, or an earlier layer. What the
        unit cannot see does not count.
    enough : share of the best response, measured on the clean images, that each must keep.
    recipe : as of `vizkit.render`, for both sets.
    size : side, or (height, width), of the canvas in pixels; by default as `vizkit.render`.
    progress : called after each step, first of the independent pictures, then of the others.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.
    RenderError : the unit has no positive response, or the memory is too small.

    Examples
    --------
    >>> import vizkit
    >>> found = diverse("lenet5@random/c3:1", count=3, recipe=vizkit.Recipe(steps=4))
    >>> found.images.shape, found.distances.shape
    (torch.Size([3, 1, 32, 32]), torch.Size([3, 3]))
    """
    if not (isinstance(count, int) and 2 <= count <= MOST_PICTURES):
        raise UsageError(f"count={count!r} is out of range.\n  Allowed: 2 to {MOST_PICTURES}.")
    if not 0 < enough < 1:
        raise UsageError(f"enough={enough!r} is not a share.\n  Give a number between 0 and 1.")
    net, shown = given_unit(network, unit)
    check_space(net, space, shown.layer.name)
    whole = shown.position is not None
    canvas = size_canvas(net, shown.layer, whole=whole, asked=size).canvas
    renderer = Renderer(net, recipe, seed)
    objective = UnitObjective((shown,))
    job = renderer.prepare_objective(objective, [shown] * count, canvas=canvas)
    independent = Renders(renderer.render(job, part(progress, 0, 1, 2)))
    failed = next((render.error for render in independent if render.error), None)
    if failed:
        raise RenderError(f"{shown} cannot be rendered {count} times together: {failed}.")
    best = max(render.final for render in independent)
    check_responds(shown, best)
    with torch.inference_mode(False):
        response = UnitResponse(net, shown, canvas)
        alone = torch.stack([render.image for render in independent]).to(net.device)
        compare = Space(net, space, response.seen(alone))
        follow = part(progress, 1, 1, 2)
        images = spread(renderer, job, response, compare, enough * best, follow)
        with torch.no_grad():
            tables = [distances(compare(those)).cpu() for those in (images, alone)]
        reached = response.measure(images)
    return Diverse(
        unit=shown,
        images=images.cpu(),
        response=reached,
        distances=tables[0],
        independent=independent,
        independent_distances=tables[1],
        best=max(best, float(reached.max())),
        enough=enough,
        space=space,
    )
