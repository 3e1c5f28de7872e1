"""A network made ready for rendering, and the rendering of one block of its units."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vizkit.address import Address
from vizkit.capture import capture
from vizkit.errors import RenderError, UnitNotFoundError, UsageError
from vizkit.models.layers import LayerInfo
from vizkit.models.network import Network
from vizkit.render.block import GRAY, Callback, Step, paint
from vizkit.render.frozen import FrozenNetwork
from vizkit.render.measure import FLAT, luminance_deviation, measure
from vizkit.render.objective import Target
from vizkit.render.precision import choose_dtype
from vizkit.render.recipe import Recipe
from vizkit.render.result import Render

BLOCK_SIZES = (16, 8, 4, 1)
_MOST_PIXELS = 16 * 144**2
"""More pixels at once gain no speed and only take memory."""
_LEAST_USED = 0.75


def choose_block_size(units: int, canvas: tuple[int, int]) -> int:
    """Units of a layer to render together: many where cheap, with little padding.

    The last block is padded to its size, so a size is taken only if at most a quarter of the work
    is padding.

    Examples
    --------
    >>> choose_block_size(8, (112, 112)), choose_block_size(2, (112, 112))
    (8, 1)
    """
    for size in BLOCK_SIZES:
        used = units / (math.ceil(units / size) * size)
        if size * canvas[0] * canvas[1] <= _MOST_PIXELS and used >= _LEAST_USED:
            return size
    return 1


def _rescue_size(block_size: int) -> int:
    """Units rescued together: silent ones are few, and a full block would be padding mostly."""
    return min(block_size, 4)


@dataclass(frozen=True, slots=True)
class _Job:
    """Units of one layer as the loop needs them."""

    layer: str
    addresses: tuple[str, ...]
    target: Target
    canvas: tuple[int, int]
    frame: int
    block_size: int
    callback: Callback | None


@dataclass(slots=True)
class _Pictures:
    """Pictures of a job's units and what was measured of them, one entry per unit."""

    images: Tensor
    initial: Tensor
    final: Tensor
    peak: Tensor
    attempts: list[int]

    def silent(self) -> list[int]:
        """Units without a response, or with a flat picture."""
        flat = luminance_deviation(self.images) < FLAT
        return ((self.final == 0) | flat).nonzero().flatten().tolist()

    def improve(self, units: Sequence[int], other: _Pictures) -> None:
        """Take over those of a further attempt at `units` that came out better."""
        for place, unit in enumerate(units):
            self.attempts[unit] += 1
            # A rescue begins with more contrast: a picture is not better for showing some.
            if other.final[place] > self.final[unit]:
                for name in ("images", "final", "peak"):
                    getattr(self, name)[unit] = getattr(other, name)[place]


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
    RenderError : the network's module cannot be copied.
    """

    def __init__(self, network: Network, recipe: Recipe | None = None, seed: int = 0) -> None:
        self.network = network
        self.recipe = recipe or Recipe()
        self.seed = seed
        self.dtype = choose_dtype(self.recipe.dtype, network.module, network.device)
        with torch.inference_mode(False):
            self._frozen = FrozenNetwork(network)

    def block(
        self,
        units: Sequence[Address],
        *,
        canvas: tuple[int, int],
        block_size: int,
        callback: Callback | None = None,
    ) -> list[Render]:
        """Render at most `block_size` units of one layer, all of them channels or all neurons.

        A unit that stays silent is tried again, with other random numbers, a start of higher
        contrast and a gradient through silent ReLUs in every step.

        Raises
        ------
        RenderError : out of memory.
        UsageError : the network does not take pictures of this size.
        UnitNotFoundError : a position outside of the map that this canvas gives.
        """
        started = time.perf_counter()
        resolved = [each for unit in units for each in self.network.units(unit)]
        if not 0 < len(resolved) <= block_size:
            raise UsageError(f"{len(resolved)} units do not fit a block of {block_size}.")
        # The caller may have switched gradients off.
        with torch.inference_mode(False), self._memory_errors(canvas, block_size):
            job = self._job(resolved, canvas, block_size, callback)
            pictures = self._attempt(job, range(len(resolved)), 0)
            for number in range(1, self.recipe.rescues + 1):
                silent, size = pictures.silent(), _rescue_size(block_size)
                for first in range(0, len(silent), size):
                    part = silent[first : first + size]
                    pictures.improve(part, self._attempt(job, part, number))
        dead = set(pictures.silent())
        wall_s = (time.perf_counter() - started) / len(resolved)
        return [
            self._result(unit, job, pictures, place, place in dead, wall_s)
            for place, unit in enumerate(resolved)
        ]

    def _job(
        self,
        units: Sequence[Address],
        canvas: tuple[int, int],
        block_size: int,
        callback: Callback | None,
    ) -> _Job:
        layer = self.network.layer(units[0].layer)
        device = self.network.device
        neurons = self._neurons(layer, units, canvas)
        return _Job(
            layer=layer.name,
            # By module path, so that an alias gives the same random numbers.
            addresses=tuple(str(replace(unit, layer=layer.name)) for unit in units),
            target=Target(
                channels=torch.tensor([unit.channel for unit in units], device=device),
                positions=None if neurons is None else torch.tensor(neurons, device=device),
                rectified=layer.activation == "relu",
            ),
            canvas=canvas,
            frame=self.recipe.pad if layer.spatial and neurons is None else 0,
            block_size=block_size,
            callback=callback,
        )

    def _neurons(
        self, layer: LayerInfo, units: Sequence[Address], canvas: tuple[int, int]
    ) -> list[tuple[int, int]] | None:
        """Position of each unit in the layer's map for this canvas; None for whole channels."""
        shape = self._output_shape(layer.name, canvas)
        if len(shape) != 3:
            return None
        height, width = shape[1:]
        asked = [unit.position for unit in units if unit.position is not None]
        for y, x in asked:
            if y >= height or x >= width:
                raise UnitNotFoundError(
                    f"position ({y}, {x}) is outside of the {height} x {width} map that a canvas "
                    f"of {canvas[0]} x {canvas[1]} pixels has in {layer.public_name}.\n"
                    "  Give a larger --size, or a position inside."
                )
        if not asked and self.recipe.objective == "neuron":
            asked = [(height // 2, width // 2)] * len(units)
        return asked or None

    def _output_shape(self, layer: str, canvas: tuple[int, int]) -> tuple[int, ...]:
        """Shape of the layer's output for one picture, without the batch."""
        device = self.network.device
        size = (1, self.network.input_channels, *canvas)
        gray = torch.full(size, GRAY, device=device, dtype=torch.float32)
        try:
            with torch.no_grad(), capture(self.network, [layer]) as activations:
                self.network(gray)
                return tuple(activations[layer].shape[1:])
        except Exception as error:
            if _out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0]
            height, width = self.network.input_size
            raise UsageError(
                f"{self.network.source}/{layer} cannot be computed from a picture of {canvas[0]} x "
                f"{canvas[1]} pixels: {reason}\n"
                f"  Leave --size out, or give the network's own, {height}x{width}."
            ) from error

    def _attempt(self, job: _Job, units: Sequence[int], number: int) -> _Pictures:
        """Paint and measure some units of a job, in a block that is filled up with the first."""
        size = job.block_size if number == 0 else _rescue_size(job.block_size)
        lanes = [*units, *[units[0]] * (size - len(units))]
        target = job.target.take(lanes)
        with self._frozen.showing(job.layer) as frozen:
            painting = paint(
                self.network,
                frozen,
                job.layer,
                target,
                [job.addresses[lane] for lane in lanes],
                recipe=self.recipe,
                # The step from silence is small beside the activations: bfloat16 would round it
                # away.
                dtype=self.dtype if number == 0 else torch.float32,
                canvas=job.canvas,
                frame=job.frame,
                seed=self.seed,
                attempt=number,
                callback=_without_padding(job.callback, len(units)),
            )
        before = measure(self.network, job.layer, target, painting.start)
        after = measure(self.network, job.layer, target, painting.end)
        own = slice(len(units))
        return _Pictures(
            images=painting.end[own].cpu(),
            initial=before.mean[own].cpu(),
            final=after.mean[own].cpu(),
            peak=after.peak[own].cpu(),
            attempts=[1] * len(units),
        )

    def _result(
        self, unit: Address, job: _Job, pictures: _Pictures, place: int, dead: bool, wall_s: float
    ) -> Render:
        image, initial = pictures.images[place], float(pictures.initial[place])
        final = float(pictures.final[place])
        error = None
        if not (math.isfinite(initial) and math.isfinite(final)):
            error = (
                f"the response is not finite ({initial} before, {final} after): weights or "
                f"activations overflow in {str(self.dtype).removeprefix('torch.')}"
            )
        elif not bool(image.isfinite().all()):
            error = "the picture is not finite: its gradient overflowed"
        return Render(
            address=str(unit),
            image=image,
            initial=initial,
            final=final,
            peak=float(pictures.peak[place]),
            dead=dead,
            seed=self.seed,
            steps=self.recipe.steps,
            attempts=pictures.attempts[place],
            canvas_size=job.canvas,
            block_size=job.block_size,
            dtype=str(self.dtype).removeprefix("torch."),
            wall_s=wall_s,
            random=self.network.weights.random,
            error=error,
        )

    @contextmanager
    def _memory_errors(self, canvas: tuple[int, int], block_size: int) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            if _out_of_memory(error):
                raise RenderError(
                    f"{self.network.source}: {block_size} canvases of {canvas[0]} x {canvas[1]} "
                    "pixels do not fit the memory.\n  Give a smaller --size or --block-size."
                ) from error
            raise


def _out_of_memory(error: Exception) -> bool:
    # The CPU's allocator raises a plain RuntimeError.
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def _without_padding(callback: Callback | None, units: int) -> Callback | None:
    """Callback that sees the first `units` lanes of a block only."""
    if callback is None:
        return None

    def see(step: Step) -> None:
        callback(
            replace(
                step,
                addresses=step.addresses[:units],
                scores=step.scores[:units],
                images=step.images[:units],
            )
        )

    return see
