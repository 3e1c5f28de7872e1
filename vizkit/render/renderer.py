"""A network made ready for rendering, and the rendering of one block of its units."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from vizkit.address import Address
from vizkit.errors import RenderError, UsageError
from vizkit.models.network import Network
from vizkit.render.block import Callback, paint
from vizkit.render.frozen import freeze
from vizkit.render.measure import FLAT, Responses, luminance_deviation, measure
from vizkit.render.objective import Target
from vizkit.render.precision import choose_dtype
from vizkit.render.recipe import Recipe
from vizkit.render.result import Render

BLOCK_SIZES = (16, 8, 4, 1)


def choose_block_size(units: int, canvas: tuple[int, int]) -> int:
    """Units of a layer to render together: large where cheap, without much padding.

    The last block is padded to its size, so a size is taken only if at most a quarter of all the
    work is padding.
    """
    # More than this many pixels at once no longer gains speed and only takes memory.
    affordable = [size for size in BLOCK_SIZES if size * canvas[0] * canvas[1] <= 16 * 144**2]
    for size in affordable:
        padded = math.ceil(units / size) * size
        if units >= 0.75 * padded:
            return size
    return BLOCK_SIZES[-1]


class Renderer:
    """A frozen copy of a network that renders block after block.

    Parameters
    ----------
    network : stays as it is.
    recipe : the same for all blocks.
    seed : the user's seed.
    """

    def __init__(self, network: Network, recipe: Recipe | None = None, seed: int = 0) -> None:
        self.network = network
        self.recipe = recipe or Recipe()
        self.seed = seed
        self.dtype = choose_dtype(self.recipe.dtype, network.module, network.device)
        self._frozen = freeze(network)

    def block(
        self,
        units: Sequence[Address],
        *,
        canvas: tuple[int, int],
        block_size: int,
        callback: Callback | None = None,
    ) -> list[Render]:
        """Render at most `block_size` units of one layer, all channels or all neurons.

        Raises
        ------
        RenderError : out of memory, or the network gives no activations for this canvas.
        """
        if not 0 < len(units) <= block_size:
            raise UsageError(f"{len(units)} units do not fit a block of {block_size}.")
        started = time.perf_counter()
        resolved = [each for unit in units for each in self.network.units(unit)]
        layer = self.network.layer(resolved[0].layer)
        # Canonical: the module path, so that an alias gives the same picture.
        addresses = [str(_renamed(each, layer.name)) for each in resolved]
        padded = list(range(len(resolved))) + [0] * (block_size - len(resolved))
        channels = torch.tensor([each.channel for each in resolved], device=self.network.device)
        rectified = layer.activation == "relu"
        try:
            positions = self._positions(resolved, layer.name, canvas)
            target = Target(channels, positions, rectified)

            def attempt(
                number: int, which: list[int]
            ) -> tuple[Tensor, Tensor, Responses, Responses]:
                lanes = (which + [which[0]] * block_size)[:block_size]
                part = _take(target, lanes)
                paintings = paint(
                    self.network,
                    self._frozen,
                    layer.name,
                    part,
                    [addresses[lane] for lane in lanes],
                    recipe=self.recipe,
                    dtype=self.dtype,
                    canvas=canvas,
                    seed=self.seed,
                    attempt=number,
                    callback=_unpadded(callback, len(which)),
                )
                before = measure(self.network, layer.name, part, paintings.start)
                after = measure(self.network, layer.name, part, paintings.end)
                return paintings.start, paintings.end, before, after

            _, end, before, after = attempt(0, padded[: len(resolved)])
            images = end[: len(resolved)].clone()
            initial = before.mean[: len(resolved)].clone()
            final = after.mean[: len(resolved)].clone()
            peak = after.peak[: len(resolved)].clone()
            attempts = [1] * len(resolved)
            for number in range(1, self.recipe.rescues + 1):
                silent = (_silent(final, images)).nonzero().flatten().tolist()
                if not silent:
                    break
                _, end, _, after = attempt(number, silent)
                better = after.mean[: len(silent)] > final[silent]
                for place, unit in enumerate(silent):
                    attempts[unit] += 1
                    if better[place] or number == 1:
                        images[unit] = end[place]
                        final[unit] = after.mean[place]
                        peak[unit] = after.peak[place]
        except torch.OutOfMemoryError as error:
            raise RenderError(self._too_large(canvas, block_size)) from error
        except RuntimeError as error:
            if "allocate memory" in str(error):
                raise RenderError(self._too_large(canvas, block_size)) from error
            raise
        dead = _silent(final, images).tolist()
        images = images.cpu()
        share = (time.perf_counter() - started) / len(resolved)
        return [
            Render(
                address=str(unit),
                image=images[place],
                initial=float(initial[place]),
                final=float(final[place]),
                peak=float(peak[place]),
                dead=bool(dead[place]),
                seed=self.seed,
                steps=self.recipe.steps,
                attempts=attempts[place],
                canvas_size=canvas,
                block_size=block_size,
                dtype=str(self.dtype).removeprefix("torch."),
                wall_s=share,
                random=self.network.weights.random,
                error=_flaw(images[place], float(initial[place]), float(final[place])),
            )
            for place, unit in enumerate(resolved)
        ]

    def _positions(
        self, units: Sequence[Address], layer: str, canvas: tuple[int, int]
    ) -> Tensor | None:
        if units[0].position is not None:
            return torch.tensor([unit.position for unit in units], device=self.network.device)
        if self.recipe.objective != "neuron" or not self.network.layer(layer).spatial:
            return None
        from vizkit.capture import capture

        image = torch.full((1, self.network.preprocessing.channels, *canvas), 0.5)
        with torch.no_grad(), capture(self.network, [layer]) as activations:
            self.network(image.to(self.network.device))
            height, width = activations[layer].shape[-2:]
        middle = [[height // 2, width // 2]] * len(units)
        return torch.tensor(middle, device=self.network.device)

    def _too_large(self, canvas: tuple[int, int], block_size: int) -> str:
        return (
            f"{self.network.source}: a block of {block_size} canvases of {canvas[0]} x {canvas[1]} "
            "pixels does not fit the memory.\n  Give a smaller --size or --block-size."
        )


def _renamed(unit: Address, layer: str) -> Address:
    from dataclasses import replace

    return replace(unit, layer=layer)


def _take(target: Target, lanes: list[int]) -> Target:
    positions = None if target.positions is None else target.positions[lanes]
    return Target(target.channels[lanes], positions, target.rectified)


def _silent(final: Tensor, images: Tensor) -> Tensor:
    return (final == 0) | (luminance_deviation(images).to(final.device) < FLAT)


def _flaw(image: Tensor, initial: float, final: float) -> str | None:
    if not (math.isfinite(initial) and math.isfinite(final)):
        return (
            f"the response is not finite ({initial} before, {final} after): the network's weights "
            "or this number format overflow"
        )
    if not bool(image.isfinite().all()):
        return "the picture is not finite: the gradient overflowed"
    return None


def _unpadded(callback: Callback | None, units: int) -> Callback | None:
    """Callback that does not see the padding of a block."""
    if callback is None:
        return None
    from dataclasses import replace

    def seen(step):  # type: ignore[no-untyped-def]
        callback(
            replace(
                step,
                addresses=step.addresses[:units],
                scores=step.scores[:units],
                images=step.images[:units],
            )
        )

    return seen
