"""The loop: one block of units of one layer, optimized together.

Everything is batched over units and nothing waits for the device inside a step. Each unit has its
own random numbers, and no number of one unit enters another's picture: at one block size the
picture is the same bit for bit whatever the neighbors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.networks.device import network_precision
from vizkit.networks.network import Network
from vizkit.rendering.canvas import FourierCanvas
from vizkit.rendering.job import Job
from vizkit.rendering.objective import Target, respond
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.robustness import draw_views, look
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.wake import SHARP, WIDE, Waking, waking_relu

_RESCUE_CONTRAST = 16.0
"""The second rescue starts from a picture with this many times the contrast, which drives units
that a nearly flat gray leaves silent."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a callback sees after each step.

    Attributes
    ----------
    addresses : of the units, one per image.
    step, steps : 1-based number of the step, and how many there are.
    attempt : 0, or the number of the rescue.
    scores : float32, one per image: the unit's response to the view of this step. A tensor on the
        device; reading it waits for the device.
    images : float32, B C H W in [0, 1], as they were before the step.
    """

    addresses: tuple[str, ...]
    step: int
    steps: int
    attempt: int
    scores: Tensor
    images: Tensor


Callback = Callable[[Step], None]

_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class Painting:
    """Pictures of a block before and after, float32, B C H W in [0, 1]."""

    start: Tensor
    end: Tensor


def paint(
    network: Network,
    frozen: nn.Module,
    job: Job,
    recipe: Recipe,
    dtype: torch.dtype,
    *,
    attempt: int = 0,
    callback: Callback | None = None,
) -> Painting:
    """Pictures that the units of `job` like best.

    Parameters
    ----------
    frozen : the copy of the network's module that shows the job's layer.
    dtype : number format inside the network.
    attempt : 0, or the number of the rescue: another start, woken all the way, held still.
    """
    canvas, target = job.canvas, job.target
    device = network.device
    generators = [unit_generator(each, job.seed, attempt) for each in job.addresses]
    contrast = _RESCUE_CONTRAST if attempt > 1 else 1.0
    painted = FourierCanvas(network.preprocessing.channels, canvas, generators, device, contrast)
    view = (canvas[0] + 2 * job.frame, canvas[1] + 2 * job.frame)
    # What barely wakes a unit in one place does not survive being moved: a rescue holds still.
    moving = replace(recipe, jitter=0, scale=0.0, rotate=0.0) if attempt else recipe
    views = draw_views(moving, canvas, view, generators, device)
    adam = torch.optim.Adam([painted.spectra], lr=recipe.learning_rate)
    scale, shift = network.preprocessing.affine(device, torch.float32)
    shift = shift + GRAY * scale
    sharpness = SHARP if attempt % 2 else WIDE
    order = network.preprocessing.order
    reordered = order != tuple(range(len(order)))
    with torch.no_grad():
        start = painted.images()
    with capture(frozen, [job.layer]) as activations:
        for step in range(recipe.steps):
            images = painted.images()
            seen = look(images - GRAY, views[step], view)
            if reordered:  # an index is as dear as a convolution
                seen = seen[:, list(order)]
            seen = seen * scale + shift
            waking = bool(attempt) or step < recipe.wake_steps
            with Waking(sharpness) if waking else nullcontext(), network_precision(dtype, device):
                frozen(seen.contiguous(memory_format=torch.channels_last))
            scores = _scores(target, activations[job.layer], sharpness if waking else None)
            (gradient,) = torch.autograd.grad(-scores.sum(), [painted.spectra])
            painted.spectra.grad = normalize(gradient)
            if attempt == 0:
                adam.param_groups[0]["lr"] = recipe.learning_rate * _decay(step, recipe.steps)
            adam.step()
            if callback is not None:
                callback(
                    Step(
                        job.addresses,
                        step + 1,
                        recipe.steps,
                        attempt,
                        scores.detach(),
                        images.detach(),
                    )
                )
    with torch.no_grad():
        return Painting(start, painted.images())


def normalize(gradient: Tensor) -> Tensor:
    """Gradient scaled to a root mean square of 1 per image; zero stays zero.

    Makes the update independent of the objective's scale, which differs by orders of magnitude
    between layers, and of how a step's view happened to excite the unit.
    """
    axes = tuple(range(1, gradient.dim()))
    # By its largest number first: the square of a small or large one is zero or infinite.
    within_one = gradient / gradient.abs().amax(axes, keepdim=True).clamp(min=_TINY)
    size = within_one.square().mean(axes, keepdim=True).sqrt()
    return within_one / size.clamp(min=_TINY)


def _decay(step: int, steps: int) -> float:
    """Factor on the learning rate: constant, then a cosine down over the last half."""
    done = max(0.0, 2 * step / steps - 1)
    return 0.5 * (1 + math.cos(math.pi * done))


def _scores(target: Target, activations: Tensor, waking: float | None) -> Tensor:
    if waking is not None and target.rectified:
        maps = target.maps(activations).float()
        return waking_relu(maps[:, None], waking).mean(dim=(1, 2, 3))
    return respond(target, activations).mean(dim=(1, 2))
