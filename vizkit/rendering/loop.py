"""The loop: one block of pictures, optimized together; the loss is minus the sum of the scores.

Everything is batched over units and nothing waits for the device inside a step. Each unit has its
own random numbers, and no number of one unit enters another's picture: at one block size the
picture is the same bit for bit whatever the neighbors.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.networks.device import network_precision
from vizkit.networks.network import Network
from vizkit.networks.reproducible import reproducible
from vizkit.progress import Progress
from vizkit.rendering.ascent import Ascent, rates
from vizkit.rendering.canvas import Canvas, canvas_maker
from vizkit.rendering.job import Job
from vizkit.rendering.measure import rectified_layers
from vizkit.rendering.replay import replaying
from vizkit.rendering.robustness import DrawnViews, parse_views
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.seen import Seen
from vizkit.rendering.silent_units import SHARP, WIDE, Waking
from vizkit.rendering.transparent import Transparent
from vizkit.unit import Shown

_RESCUE_CONTRAST = 16.0
"""The second rescue starts from a picture with this many times the contrast, which drives units
that a nearly flat gray leaves silent."""


@dataclass(frozen=True, slots=True)
class Step(Progress):
    """What rendering tells after each step.

    Attributes
    ----------
    done, total : steps of one attempt, times the pictures; of all pictures that were asked for.
    units : whom the images show, one per image.
    step, steps : 1-based number of the step, and how many there are.
    attempt : 0, or the number of the rescue.
    scores : float32, one per image: the objective's score of this step's view, for a unit its
        response. A tensor on the device; reading it waits for the device.
    images : float32, B C H W in [0, 1], as they were before the step.
    """

    units: tuple[Shown, ...]
    step: int
    steps: int
    attempt: int
    scores: Tensor
    images: Tensor


OnStep = Callable[[Step], None]
"""Called after each step; a `vizkit.ProgressBar` is one."""


def part(progress: OnStep | None, first: int, size: int, of: int) -> OnStep | None:
    """What is told of work that is `size` of `of` equal pieces, behind `first` of them."""
    if progress is None:
        return None
    return lambda step: progress(
        replace(step, done=first * step.total + size * step.done, total=of * step.total)
    )


_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class Painting:
    """Pictures of a block before and after, float32, B C H W in [0, 1].

    Attributes
    ----------
    alpha : of transparent ones, B H W in [0, 1]; the pictures are on neutral gray.
    """

    start: Tensor
    end: Tensor
    alpha: Tensor | None = None


Descent = Callable[[Canvas, int, Tensor, Tensor], Tensor]
"""From canvas, step (0-based), images and scores to the gradient that Adam follows downwards."""


def steepest(canvas: Canvas, step: int, images: Tensor, scores: Tensor) -> Tensor:  # noqa: ARG001
    """Each picture's own way down of the loss, minus its score; all of one length."""
    (gradient,) = torch.autograd.grad(-scores.sum(), [canvas.parameters])
    return normalize(gradient)


def paint(
    network: Network,
    frozen: nn.Module,
    job: Job,
    dtype: torch.dtype,
    *,
    attempt: int = 0,
    progress: OnStep | None = None,
    descent: Descent = steepest,
) -> Painting:
    """Pictures that the objective of `job` likes best.

    Parameters
    ----------
    frozen : the copy of the network's module that shows the layers of the objective.
    dtype : number format inside the network.
    attempt : 0, or the number of the rescue: another start, woken all the way, held still.
    descent : how scores become an update. The default one is the same in every step, so that a GPU
        replays steps.
    """
    device, recipe = network.device, job.recipe
    generators = [unit_generator(key, job.seed, attempt) for key in job.keys]
    contrast = _RESCUE_CONTRAST if attempt > 1 else 1.0
    make = canvas_maker(recipe.canvas)
    canvas = make(network.preprocessing.channels, job.canvas, generators, device, contrast)
    clear = Transparent(canvas, generators) if recipe.alpha else None
    canvas = clear or canvas
    window = (job.canvas[0] + 2 * job.frame, job.canvas[1] + 2 * job.frame)
    # What barely wakes a unit in one place does not survive being moved: a rescue holds still.
    views = () if attempt else parse_views(recipe.views, job.canvas)
    drawn = DrawnViews(views, recipe.steps, job.canvas, window, generators, device)
    learning_rates = rates(recipe.learning_rate * canvas.step, recipe.steps, falls=not attempt)
    ascent = Ascent(canvas.parameters, learning_rates)
    present = _presenter(network, frozen, dtype)
    layers = job.objective.layers
    rectified = rectified_layers(network, layers)
    sharpness = SHARP if attempt % 2 else WIDE
    step = 0

    def score(images: Tensor, shown: Tensor, step: int | Tensor, waking: bool = False) -> Tensor:
        with Waking(sharpness) if waking else nullcontext():
            present(drawn.show(shown - GRAY, step))
        outputs = {layer: activations[layer] for layer in layers}
        return job.objective.score(Seen(images, outputs, rectified, sharpness if waking else None))

    def ascend(waking: bool) -> tuple[Tensor, Tensor]:
        images = canvas.images()
        shown = clear.on_background(images, ascent.step) if clear else images
        scores = score(images, shown, ascent.step, waking)
        worth = clear.worth(scores) if clear else scores
        ascent.follow(descent(canvas, step, images, worth))
        return images.detach(), scores.detach()

    with torch.no_grad():
        start = canvas.images()
    steps = replaying(ascend, network) if descent is steepest else nullcontext(ascend)
    with reproducible(device), steps as advance, capture(frozen, layers) as activations:
        if clear:
            clear.compare_with_bare(score, recipe.steps)
        for step in range(recipe.steps):
            waking = job.objective.may_be_silent and (bool(attempt) or step < recipe.wake_steps)
            images, scores = advance(waking)
            if progress is not None:
                progress(
                    Step(
                        done=recipe.steps if attempt else step + 1,
                        total=recipe.steps,
                        what=job.what,
                        units=job.units,
                        step=step + 1,
                        steps=recipe.steps,
                        attempt=attempt,
                        scores=scores,
                        images=images,
                    )
                )
    with torch.no_grad():
        return Painting(start, canvas.images(), clear.alpha[:, 0] if clear else None)


def _presenter(network: Network, frozen: nn.Module, dtype: torch.dtype) -> Callable[[Tensor], None]:
    """Shows images, B C H W about 0 as gray, to the frozen network."""
    device = network.device
    scale, shift = network.preprocessing.affine(device, torch.float32)
    shift = shift + GRAY * scale
    order = network.preprocessing.order
    # An index is as dear as a convolution; on the device, it need not be copied there.
    index = None if order == tuple(range(len(order))) else torch.tensor(order, device=device)

    def show(images: Tensor) -> None:
        if index is not None:
            images = images[:, index]
        with network_precision(dtype, device):
            frozen((images * scale + shift).contiguous(memory_format=torch.channels_last))

    return show


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
