"""A network made ready for rendering, and the rendering of one block of its units."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import replace

import torch

from vizkit.activations import is_captured
from vizkit.errors import RenderError, UsageError
from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.networks.units import Named
from vizkit.rendering.canvas import canvas_maker, check_coupled
from vizkit.rendering.frozen import FrozenNetwork
from vizkit.rendering.job import Job, is_out_of_memory, make_job
from vizkit.rendering.loop import Descent, OnStep, Painting, paint, steepest
from vizkit.rendering.measure import measure
from vizkit.rendering.objective import Objective
from vizkit.rendering.objectives.unit import UnitObjective
from vizkit.rendering.pictures import Pictures
from vizkit.rendering.precision import choose_dtype
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.result import Render
from vizkit.rendering.robustness import parse_views
from vizkit.unit import Negative, Shown

_RESCUED_TOGETHER = 4
"""Silent units are few, and a full block would be padding mostly."""


class Renderer:
    """A frozen copy of a network that renders block after block.

    Parameters
    ----------
    network : stays as it is.
    recipe : the same for all blocks.
    seed : the user's seed.

    Raises
    ------
    DeviceError : the recipe's number format is not one of the network's device.
    RenderError : the network's module cannot be copied, or does not fit the memory twice.
    UsageError : the network's weights are not in float32, or a `vizkit.capture` of it is open.
    """

    def __init__(self, network: Network, recipe: Recipe | None = None, seed: int = 0) -> None:
        _check(network)
        self.network = network
        self.recipe = recipe or Recipe()
        self.seed = seed
        # What is wrong with it shows before any work.
        if self.recipe.canvas is not None:
            canvas_maker(self.recipe.canvas)
        if self.recipe.views is not None:
            parse_views(self.recipe.views, network.input_size)
        self.dtype = choose_dtype(self.recipe.dtype, network.module, network.device)
        try:
            with torch.inference_mode(False):
                self._frozen = FrozenNetwork(network)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise RenderError(
                f"{network.source} and the copy of it that renders do not fit the memory of "
                f"{network.device}.\n  Free some of it, or render on the CPU: --device cpu."
            ) from error

    def prepare(
        self,
        units: Sequence[Named],
        *,
        canvas: tuple[int, int],
        block_size: int,
        negative: bool = False,
    ) -> Job:
        """Job of at most `block_size` units of one layer, all of them channels or all neurons.

        Parameters
        ----------
        negative : show what the units like least.

        Raises
        ------
        UsageError : more units, or a canvas for several pictures of one objective; or the network
            does not take pictures of this size.
        UnitNotFoundError : a position outside of the map that this canvas gives.
        """
        check_coupled(self.recipe.canvas, len(units), alike=False)
        found = tuple(unit for named in units for unit in self.network.units(named))
        objective = UnitObjective(found)
        if negative:
            return self._job([Negative.of(unit) for unit in found], -objective, canvas, block_size)
        return self._job(found, objective, canvas, block_size)

    def prepare_objective(
        self, objective: Objective, shown: Sequence[Shown], *, canvas: tuple[int, int]
    ) -> Job:
        """Job of one objective, for each of `shown` a picture with random numbers of its own.

        Raises
        ------
        UsageError : the network does not take pictures of this size, or one alone on a canvas for
            several.
        """
        check_coupled(self.recipe.canvas, len(shown), alike=True)
        job = self._job(shown, objective.take([0] * len(shown)), canvas, len(shown))
        keys = (f"{key}#{place}" if place else key for place, key in enumerate(job.keys))
        return replace(job, keys=tuple(keys))

    def block(
        self,
        units: Sequence[Named],
        *,
        canvas: tuple[int, int],
        block_size: int,
        progress: OnStep | None = None,
    ) -> list[Render]:
        """Prepare and render a job.

        Raises
        ------
        UsageError, UnitNotFoundError : as `prepare`.
        """
        return self.render(self.prepare(units, canvas=canvas, block_size=block_size), progress)

    def render(self, job: Job, progress: OnStep | None = None) -> list[Render]:
        """Pictures of the units of a job.

        A unit that stays silent is tried again, with other random numbers, a start of higher
        contrast and a gradient through silent ReLUs in every step. Where the memory is too small
        for the block, it is rendered in smaller ones, with a warning; where it is too small for
        one picture, or numbers overflow, the results say so in their `error`.
        """
        started = time.perf_counter()
        count = len(job.units)
        error, parts = None, list[Job]()
        try:
            # The caller may have switched gradients off.
            with torch.inference_mode(False):
                pictures = self._attempt(job, range(count), 0, progress)
                rescues = 0 if job.objective.lowers else job.recipe.rescues
                for number in range(1, rescues + 1):
                    silent, lanes = pictures.silent(), min(job.lanes, _RESCUED_TOGETHER)
                    for first in range(0, len(silent), lanes):
                        few = silent[first : first + lanes]
                        pictures.improve(few, self._attempt(job, few, number, progress))
        except RuntimeError as failure:
            if not is_out_of_memory(failure):
                raise
            height, width = job.canvas
            canvases = "a canvas" if job.lanes == 1 else f"{job.lanes} canvases"
            fit = "does not fit" if job.lanes == 1 else "do not fit"
            error = f"{canvases} of {height} x {width} pixels {fit} the memory"
            parts = job.smaller()
            pictures = _blank(count, self.network.input_channels, job.canvas)
        if parts:  # not while the error is handled, which holds what did not fit
            warnings.warn(f"{error}; going on with {parts[0].lanes} at once.", stacklevel=2)
            return self._in_turn(parts, count, progress)
        if error:
            error += "; give a smaller --size"
        dead = set(pictures.silent())
        dtype = str(self.dtype).removeprefix("torch.")
        return [
            Render(
                unit=unit,
                objective=job.objective.name(place),
                canvas=job.recipe.canvas,
                image=pictures.images[place],
                initial=float(pictures.initial[place]),
                final=float(pictures.final[place]),
                peak=float(pictures.peak[place]),
                dead=place in dead and error is None,
                weak=bool(pictures.weak[place]),
                seed=self.seed,
                steps=job.recipe.steps,
                attempts=pictures.attempts[place],
                canvas_size=job.canvas,
                block_size=job.lanes,
                dtype=dtype,
                wall_s=(time.perf_counter() - started) / count,
                random=self.network.weights.random,
                error=error or pictures.error(place, dtype),
                alpha=None if pictures.alpha is None else pictures.alpha[place],
            )
            for place, unit in enumerate(job.units)
        ]

    def _in_turn(self, jobs: Sequence[Job], count: int, progress: OnStep | None) -> list[Render]:
        """Pictures of several jobs with `count` units together."""
        renders: list[Render] = []
        for job in jobs:
            renders += self.render(job, _share(progress, len(renders), len(job.units), count))
        return renders

    def paint(
        self,
        job: Job,
        dtype: torch.dtype | None = None,
        *,
        attempt: int = 0,
        progress: OnStep | None = None,
        descent: Descent = steepest,
    ) -> Painting:
        """Pictures of a job before and after one attempt, without rescues or measuring."""
        with self._frozen.showing(job.objective.layers) as frozen:
            return paint(
                self.network,
                frozen,
                job,
                dtype or self.dtype,
                attempt=attempt,
                progress=progress,
                descent=descent,
            )

    def _job(
        self, shown: Sequence[Shown], objective: Objective, canvas: tuple[int, int], lanes: int
    ) -> Job:
        with torch.inference_mode(False):
            return make_job(self.network, shown, objective, canvas, lanes, self.recipe, self.seed)

    def _attempt(
        self, job: Job, places: Sequence[int], number: int, progress: OnStep | None
    ) -> Pictures:
        """Paint and measure some units of a job."""
        count = len(places)
        lanes = min(job.lanes, _RESCUED_TOGETHER) if number else job.lanes
        filled = job.take(places, lanes)
        # The step from silence is small beside the activations: bfloat16 would round it away.
        dtype = torch.float32 if number else self.dtype
        seen = _without_padding(progress, count)
        painting = self.paint(filled, dtype, attempt=number, progress=seen)
        initial, *_ = measure(self.network, filled.response, painting.start)
        final, peak, driven, weak = measure(self.network, filled.response, painting.end)
        return Pictures(
            images=painting.end[:count].cpu(),
            initial=initial[:count].cpu(),
            final=final[:count].cpu(),
            peak=peak[:count].cpu(),
            driven=driven[:count].cpu(),
            weak=weak[:count].cpu(),
            attempts=[1] * count,
            alpha=None if painting.alpha is None else painting.alpha[:count].cpu(),
        )


def _check(network: Network) -> None:
    if is_captured(network.module):
        raise UsageError(
            f"{network.name} is inside of an open vizkit.capture, which a rendering would disturb."
            "\n  Render before or after the with block, or capture a copy.deepcopy of it."
        )
    first = next((each for each in network.module.parameters() if each.is_floating_point()), None)
    if first is not None and first.dtype != torch.float32:
        raise UsageError(
            f"{network.name} has weights in {str(first.dtype).removeprefix('torch.')}, and images "
            "are float32.\n  Load a float32 copy: copy.deepcopy(module).float(). "
            'Recipe(dtype="bfloat16") is faster where the machine has it.'
        )


def _blank(count: int, channels: int, canvas: tuple[int, int]) -> Pictures:
    """Gray pictures of which nothing was measured."""
    nothing = torch.full((count,), torch.nan, device="cpu", dtype=torch.float32)
    images = torch.full((count, channels, *canvas), GRAY, device="cpu", dtype=torch.float32)
    return Pictures(images, nothing, nothing, nothing, nothing, nothing > 0, [1] * count)


def _share(progress: OnStep | None, first: int, size: int, count: int) -> OnStep | None:
    """What is told of a job's steps by those of `size` of its `count` units, behind `first`."""
    if progress is None:
        return None
    return lambda step: progress(
        replace(step, done=(first * step.total + size * step.done) // count)
    )


def _without_padding(progress: OnStep | None, units: int) -> OnStep | None:
    """What is told of the first `units` lanes of a block only."""
    if progress is None:
        return None
    first = slice(units)
    return lambda step: progress(
        replace(step, units=step.units[first], scores=step.scores[first], images=step.images[first])
    )
