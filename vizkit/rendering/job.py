"""A job: units of one layer as the loop needs them, with every mistake found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from vizkit.activations import capture
from vizkit.errors import UnitNotFoundError, UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.rendering.canvas import GRAY
from vizkit.rendering.memory import is_out_of_memory
from vizkit.rendering.objective import Target
from vizkit.rendering.recipe import Recipe
from vizkit.unit import Position, Unit


@dataclass(frozen=True, slots=True)
class Job:
    """Units of one layer that are rendered together.

    Attributes
    ----------
    layer : module path.
    units : as many as pictures.
    addresses : what each picture's random numbers go by.
    target : the units in the layer's output.
    canvas : (height, width) of the pictures in pixels.
    frame : width of the gray frame that the network sees around them, in pixels.
    lanes : pictures in a batch; what the units leave over is padding.
    seed : the user's.
    """

    layer: str
    units: tuple[Unit, ...]
    addresses: tuple[str, ...]
    target: Target
    canvas: tuple[int, int]
    frame: int
    lanes: int
    seed: int

    def take(self, places: Sequence[int], lanes: int) -> Job:
        """Job of the units at `places`, in that order, and the first of them in what is left."""
        filled = [*places, *[places[0]] * (lanes - len(places))]
        return replace(
            self,
            units=tuple(self.units[place] for place in filled),
            addresses=tuple(self.addresses[place] for place in filled),
            target=self.target.take(filled),
            lanes=lanes,
        )


def make_job(
    network: Network,
    units: Sequence[Unit],
    canvas: tuple[int, int],
    lanes: int,
    recipe: Recipe,
    seed: int,
) -> Job:
    """Job of `units`, all of them channels or all neurons of one layer.

    Raises
    ------
    UsageError : no units, or more than `lanes`; the network does not take pictures of this size.
    UnitNotFoundError : a position outside of the map that this canvas gives.
    """
    if not 0 < len(units) <= lanes:
        raise UsageError(f"{len(units)} units do not fit a block of {lanes}.")
    layer = units[0].layer
    neurons = _neurons(network, layer, units, canvas, recipe)
    device = network.device
    return Job(
        layer=layer.name,
        units=tuple(units),
        addresses=tuple(unit.key for unit in units),
        target=Target(
            channels=torch.tensor([unit.channel for unit in units], device=device),
            positions=None if neurons is None else torch.tensor(neurons, device=device),
            rectified=layer.activation == "relu",
        ),
        canvas=canvas,
        frame=recipe.pad if layer.spatial and neurons is None else 0,
        lanes=lanes,
        seed=seed,
    )


def _neurons(
    network: Network,
    layer: LayerInfo,
    units: Sequence[Unit],
    canvas: tuple[int, int],
    recipe: Recipe,
) -> list[Position] | None:
    """Position of each unit in the layer's map for this canvas; None for whole channels."""
    shape = _output_shape(network, layer.name, canvas)
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
    if not asked and recipe.objective == "neuron":
        asked = [_middle(network, layer, canvas, (height, width))] * len(units)
    return asked or None


def _middle(
    network: Network, layer: LayerInfo, canvas: tuple[int, int], size: tuple[int, int]
) -> Position:
    """Position of the neuron in the middle of a canvas."""
    try:
        field = receptive_field(network, canvas).layer(layer.name)
    except UsageError:
        return middle_of_map(*size)  # it takes decisions by the values of the image
    return middle_position(field) or middle_of_map(*size)


def _output_shape(network: Network, layer: str, canvas: tuple[int, int]) -> tuple[int, ...]:
    """Shape of the layer's output for one picture, without the batch."""
    size = (1, network.input_channels, *canvas)
    gray = torch.full(size, GRAY, device=network.device, dtype=torch.float32)
    try:
        with torch.no_grad(), capture(network, [layer]) as activations:
            network(gray)
            return tuple(activations[layer].shape[1:])
    except Exception as error:
        if is_out_of_memory(error):
            raise
        reason = str(error).partition("\n")[0]
        height, width = network.input_size
        raise UsageError(
            f"{network.source}/{layer} cannot be computed from a picture of {canvas[0]} x "
            f"{canvas[1]} pixels: {reason}\n"
            f"  Leave --size out, or give the network's own, {height}x{width}."
        ) from error
