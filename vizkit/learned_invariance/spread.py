"""The update behind `diverse`: pictures that climb, and then make room for each other."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.learned_invariance.one_unit import UnitResponse
from vizkit.learned_invariance.space import Space
from vizkit.rendering.canvas import Canvas
from vizkit.rendering.job import Job
from vizkit.rendering.loop import OnStep, normalize
from vizkit.rendering.objectives.diversity import room
from vizkit.rendering.renderer import Renderer

_SPARE = 1.04
"""Share of the response asked for at which a picture climbs and makes room in equal parts."""
_SOFT = 0.03
"""How far from there it does only one of both."""
_LOOK = 4
"""Steps between two measurements of the clean pictures."""
_FINISH = 100
_FINE = 0.03
"""Further steps, at most, and their size, for pictures that end below what is asked for."""


def spread(
    renderer: Renderer,
    job: Job,
    response: UnitResponse,
    space: Space,
    wanted: float,
    progress: OnStep | None = None,
) -> Tensor:
    """Pictures with a clean response of `wanted` or more, as far apart in `space` as they get.

    Parameters
    ----------
    job : the same unit as many times as there are to be pictures.

    Returns
    -------
    Tensor : B C H W in [0, 1]. Where `wanted` is out of reach, the response is below.
    """
    descent = _Apart(response, space, wanted)
    renderer.paint(job, descent=descent, progress=progress)
    return _finish(descent.canvas, response, wanted)


class _Apart:
    """Climbs while a picture is below what is asked for, and makes room for others above it."""

    def __init__(self, response: UnitResponse, space: Space, wanted: float) -> None:
        self._response, self._space, self._wanted = response, space, wanted
        self._share = torch.zeros(())
        self.canvas: Canvas

    def __call__(self, canvas: Canvas, step: int, images: Tensor, scores: Tensor) -> Tensor:
        if step % _LOOK == 0:
            self.canvas = canvas
            with torch.no_grad():
                self._share = self._response(images) / self._wanted
        (up,) = torch.autograd.grad(-scores.sum(), [canvas.parameters], retain_graph=True)
        (away,) = torch.autograd.grad(-room(self._space(images)).sum(), [canvas.parameters])
        spare = torch.sigmoid((self._share - _SPARE) / _SOFT).view(-1, *[1] * (up.dim() - 1))
        climb = normalize(up)
        return (1 - spare) * climb + spare * normalize(_beside(away, climb))


def _beside(gradient: Tensor, climb: Tensor) -> Tensor:
    """`gradient` without what it has, picture by picture, of the direction `climb`."""
    axes = tuple(range(1, climb.dim()))
    length = climb.square().sum(axes, keepdim=True).clamp(min=1e-20)
    return gradient - (gradient * climb).sum(axes, keepdim=True) / length * climb


def _finish(canvas: Canvas, response: UnitResponse, wanted: float) -> Tensor:
    """The pictures, those that fall short brought up by small steps without any transform."""
    with torch.no_grad():
        best = canvas.images()
        reached = response(best)
    for _ in range(_FINISH):
        if bool((reached >= wanted).all()):
            break
        images = canvas.images()
        (up,) = torch.autograd.grad(-response(images).sum(), [canvas.parameters])
        short = (reached < wanted).view(-1, 1, 1, 1, 1)
        with torch.no_grad():
            canvas.parameters -= _FINE * short * normalize(up)
            images = canvas.images()
            now = response(images)
            better = now > reached
            best = torch.where(better.view(-1, 1, 1, 1), images, best)
            reached = torch.where(better, now, reached)
    return best
