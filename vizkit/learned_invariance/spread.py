"""The loop behind `diverse`: a batch of pictures that climb, and then make room for each other."""

from __future__ import annotations

import math
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.learned_invariance.one_unit import UnitResponse
from vizkit.learned_invariance.space import Space, distances
from vizkit.networks.device import network_precision
from vizkit.rendering.canvas import FourierCanvas
from vizkit.rendering.frozen import FrozenNetwork
from vizkit.rendering.job import Job
from vizkit.rendering.loop import normalize
from vizkit.rendering.objective import respond
from vizkit.rendering.renderer import Renderer
from vizkit.rendering.robustness import draw_views, look
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.wake import Waking

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
    renderer: Renderer, job: Job, response: UnitResponse, space: Space, wanted: float
) -> Tensor:
    """Pictures with a clean response of `wanted` or more, as far apart in `space` as they get.

    Parameters
    ----------
    job : the same unit as many times as there are to be pictures.

    Returns
    -------
    Tensor : B C H W in [0, 1]. Where `wanted` is out of reach, the response is below.
    """
    network, recipe = renderer.network, renderer.recipe
    generators = [unit_generator(each, job.seed, 0) for each in job.addresses]
    canvas = FourierCanvas(network.input_channels, job.canvas, generators, network.device)
    view = (job.canvas[0] + 2 * job.frame, job.canvas[1] + 2 * job.frame)
    views = draw_views(recipe, job.canvas, view, generators, network.device)
    adam = torch.optim.Adam([canvas.spectra], lr=recipe.learning_rate)
    share = torch.zeros(len(job.units), device=network.device)
    with FrozenNetwork(network).showing(job.layer) as frozen:
        for step in range(recipe.steps):
            images = canvas.images()
            if step % _LOOK == 0:
                with torch.no_grad():
                    share = response(images) / wanted
            seen = look(images - GRAY, views[step], view) + GRAY
            waking = step < recipe.wake_steps
            score = _score(renderer, frozen, job, seen, waking)
            (up,) = torch.autograd.grad(-score, [canvas.spectra], retain_graph=True)
            (away,) = torch.autograd.grad(-_room(space(images)), [canvas.spectra])
            spare = torch.sigmoid((share - _SPARE) / _SOFT).view(-1, 1, 1, 1, 1)
            climb = normalize(up)
            canvas.spectra.grad = (1 - spare) * climb + spare * normalize(_beside(away, climb))
            done = max(0.0, 2 * step / recipe.steps - 1)
            adam.param_groups[0]["lr"] = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
            adam.step()
    return _finish(canvas, response, wanted)


def _score(renderer: Renderer, frozen: nn.Module, job: Job, seen: Tensor, waking: bool) -> Tensor:
    """Sum of the responses to what is seen of the pictures."""
    network = renderer.network
    dtype = torch.float32 if waking else renderer.dtype
    shown = network.preprocessing(seen).contiguous(memory_format=torch.channels_last)
    with capture(frozen, [job.layer]) as activations:
        with Waking() if waking else nullcontext(), network_precision(dtype, network.device):
            frozen(shown)
        maps = job.target.maps(activations[job.layer]).float()
        if not waking:  # a silent unit needs the gradient that its own ReLU would stop
            maps = respond(job.target, activations[job.layer])
        return maps.mean(dim=(1, 2)).sum()


def _room(points: Tensor) -> Tensor:
    """Sum of the logarithms of all distances: those who are nearest push hardest."""
    apart = distances(points)
    above = torch.triu_indices(len(points), len(points), 1, device=points.device)
    return apart[above[0], above[1]].clamp(min=1e-6).log().sum()


def _beside(gradient: Tensor, climb: Tensor) -> Tensor:
    """`gradient` without what it has, picture by picture, of the direction `climb`."""
    axes = tuple(range(1, climb.dim()))
    length = climb.square().sum(axes, keepdim=True).clamp(min=1e-20)
    return gradient - (gradient * climb).sum(axes, keepdim=True) / length * climb


def _finish(canvas: FourierCanvas, response: UnitResponse, wanted: float) -> Tensor:
    """The pictures, those that fall short brought up by small steps without any transform."""
    with torch.no_grad():
        best = canvas.images()
        reached = response(best)
    for _ in range(_FINISH):
        if bool((reached >= wanted).all()):
            break
        images = canvas.images()
        (up,) = torch.autograd.grad(-response(images).sum(), [canvas.spectra])
        short = (reached < wanted).view(-1, 1, 1, 1, 1)
        with torch.no_grad():
            canvas.spectra -= _FINE * short * normalize(up)
            images = canvas.images()
            now = response(images)
            better = now > reached
            best = torch.where(better.view(-1, 1, 1, 1), images, best)
            reached = torch.where(better, now, reached)
    return best
