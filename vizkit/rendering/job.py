"""A job: pictures that are rendered together, with every mistake found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from vizkit.activations import capture
from vizkit.address import escape_layer, format_channels
from vizkit.errors import RenderError, UnitNotFoundError, UsageError
from vizkit.images.gray import GRAY
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.rendering.block_size import BLOCK_SIZES
from vizkit.rendering.canvas import is_coupled
from vizkit.rendering.defaults import complete
from vizkit.rendering.expression import parse_objective
from vizkit.rendering.length import in_pixels
from vizkit.rendering.objective import Objective
from vizkit.rendering.recipe import FullRecipe, Recipe
from vizkit.unit import Negative, Shown, Unit


@dataclass(frozen=True, slots=True)
class Job:
    """Pictures that are rendered together.

    Attributes
    ----------
    units : whom each picture shows.
    keys : what each picture's random numbers go by.
    response : what is measured of each picture.
    objective : what gradient ascent makes larger: the response, and terms that look at pictures
        alone.
    canvas : (height, width) of the pictures in pixels.
    frame : width of the gray frame that the network sees around them, in pixels.
    lanes : pictures in a batch; what the units leave over is padding.
    seed : the user's.
    recipe : with nothing left to choose.
    """

    units: tuple[Shown, ...]
    keys: tuple[str, ...]
    response: Objective
    objective: Objective
    canvas: tuple[int, int]
    frame: int
    lanes: int
    seed: int
    recipe: FullRecipe

    @property
    def what(self) -> str:
        """What is in work, e.g. ``"vgg16@hed/conv4_3:0-3"``."""
        first, *others = self.units
        if not others or first.position is not None:
            return first.address
        shown = [each.unit if isinstance(each, Negative) else each for each in self.units]
        channels = [unit.channel for unit in shown if isinstance(unit, Unit)]
        if not channels:
            return first.address
        sign = "-" if isinstance(first, Negative) else ""
        return f"{sign}{first.source}/{escape_layer(first.layer.public_name)}:" + format_channels(
            dict.fromkeys(channels)  # without the padding
        )

    def smaller(self) -> list[Job]:
        """The same pictures in blocks of the next smaller size; none where they are coupled."""
        sizes = [size for size in BLOCK_SIZES if size < self.lanes]
        if not sizes or self.objective.coupled or is_coupled(self.recipe.canvas):
            return []
        lanes, count = sizes[-1], len(self.units)
        return [
            replace(self.take(places, len(places)), lanes=lanes)
            for first in range(0, count, lanes)
            for places in [range(first, min(first + lanes, count))]
        ]

    def take(self, places: Sequence[int], lanes: int) -> Job:
        """Job of the pictures at `places`, in that order, and the first of them in what is left."""
        filled = [*places, *[places[0]] * (lanes - len(places))]
        return replace(
            self,
            units=tuple(self.units[place] for place in filled),
            keys=tuple(self.keys[place] for place in filled),
            response=self.response.take(filled),
            objective=self.objective.take(filled),
            lanes=lanes,
        )


def is_out_of_memory(error: Exception) -> bool:
    """Whether `error` says, in the words of any device, that the memory is too small."""
    # The CPU's allocator raises a plain RuntimeError.
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def make_job(
    network: Network,
    units: Sequence[Shown],
    objective: Objective,
    canvas: tuple[int, int],
    lanes: int,
    recipe: Recipe,
    seed: int,
) -> Job:
    """Job of `units`, one picture each, that are worth what `objective` says.

    Raises
    ------
    UsageError : no units, or more than `lanes`; the network does not take pictures of this size.
    UnitNotFoundError : a position outside of the map that this canvas gives.
    RenderError : the memory is too small to tell whether a position is.
    """
    if not 0 < len(units) <= lanes:
        raise UsageError(f"{len(units)} units do not fit a block of {lanes}.")
    check_canvas(network, objective, canvas)
    full = complete(recipe, network, map(network.layer, objective.layers))
    regularized = objective
    if recipe.regularizers.strip():
        regularized = objective - parse_objective(recipe.regularizers, network)
    return Job(
        units=tuple(units),
        keys=tuple(objective.key(lane) for lane in range(len(units))),
        response=objective.response,
        objective=regularized,
        canvas=canvas,
        frame=_frame(network, objective, canvas, recipe),
        lanes=lanes,
        seed=seed,
        recipe=full,
    )


def _frame(network: Network, objective: Objective, canvas: tuple[int, int], recipe: Recipe) -> int:
    """Width in pixels of the gray around the canvas."""
    cut_out = any(side < whole for side, whole in zip(canvas, network.input_size, strict=True))
    if not (cut_out and takes_any_size(network, objective)):
        return 0
    return round(in_pixels(recipe.pad, canvas))


def takes_any_size(network: Network, objective: Objective) -> bool:
    """Whether all that it reads is of whole maps: no logit, and no neuron with its own place."""
    return all(network.layer(name).spatial for name in objective.layers) and all(
        unit.position is None for unit in objective.units
    )


def check_canvas(network: Network, objective: Objective, canvas: tuple[int, int]) -> None:
    """Accept pictures of this size, for an objective that can be computed from them.

    Raises
    ------
    UsageError : the network does not take pictures of this size.
    UnitNotFoundError : a position outside of the map that this canvas gives.
    RenderError : the memory is too small to tell whether a position is.
    """
    for name in objective.layers:
        layer = network.layer(name)
        shape = _output_shape(network, layer, canvas)
        for unit in objective.units:
            if unit.layer != layer or unit.position is None:
                continue
            if shape is None:
                raise RenderError(
                    f"A canvas of {canvas[0]} x {canvas[1]} pixels does not fit the memory; give a "
                    "smaller --size."
                )
            if len(shape) != 3:
                continue
            (y, x), (height, width) = unit.position, shape[1:]
            if y >= height or x >= width:
                raise UnitNotFoundError(
                    f"position ({y}, {x}) is outside of the {height} x {width} map that a canvas "
                    f"of {canvas[0]} x {canvas[1]} pixels has in {layer.public_name}.\n"
                    "  Give a larger --size, or a position inside."
                )


def _output_shape(
    network: Network, layer: LayerInfo, canvas: tuple[int, int]
) -> tuple[int, ...] | None:
    """Shape of the layer's output for one picture, without the batch; None for lack of memory."""
    size = (1, network.input_channels, *canvas)
    try:
        gray = torch.full(size, GRAY, device=network.device, dtype=torch.float32)
        with torch.no_grad(), capture(network, [layer.name]) as activations:
            network(gray)
            return tuple(activations[layer.name].shape[1:])
    except Exception as error:
        if is_out_of_memory(error):
            return None  # the rendering needs more, and says of which unit
        reason = str(error).partition("\n")[0]
        height, width = network.input_size
        raise UsageError(
            f"{network.source}/{layer.name} cannot be computed from a picture of {canvas[0]} x "
            f"{canvas[1]} pixels: {reason}\n"
            f"  Leave --size out, or give the network's own, {height}x{width}."
        ) from error
