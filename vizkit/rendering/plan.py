"""From what was asked for to blocks of pictures, ready to be rendered; mistakes are found here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.receptive_fields.middle_neuron import middle_neuron
from vizkit.rendering.block_size import check_block_size, choose_block_size
from vizkit.rendering.canvas_size import size_canvas
from vizkit.rendering.job import Job, takes_any_size
from vizkit.rendering.loop import OnStep
from vizkit.rendering.objective import Objective
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.renderer import Renderer
from vizkit.rendering.result import Render
from vizkit.unit import Combination, Unit

Size = int | tuple[int, int]
"""Side of a square canvas, or (height, width), in pixels."""
MOST_PICTURES = 64
"""Of one objective; they are painted in one batch."""


@dataclass(frozen=True, slots=True)
class Block:
    """Pictures that are rendered together, ready to be.

    Attributes
    ----------
    renderer : of their network.
    job : whom they show.
    places : place of each picture among all that were asked for.
    """

    renderer: Renderer
    job: Job
    places: tuple[int, ...]

    def render(self, progress: OnStep | None = None) -> list[Render]:
        """The pictures; those that failed say so in their `error`."""
        return self.renderer.render(self.job, progress)


def plan_units(
    units: Sequence[tuple[Network, Unit]],
    *,
    neuron: bool = False,
    negative: bool = False,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    block_size: int | None = None,
) -> list[Block]:
    """Blocks of `units`, network by network.

    Parameters
    ----------
    neuron : take the neuron in the middle of the image where a unit has no position.
    negative : show what units like least.

    Raises
    ------
    UnitNotFoundError : a position outside of the map that the canvas gives.
    UsageError : `size` or `block_size` cannot be used; the network cannot be rendered.
    DeviceError, RenderError : as `Renderer`.
    """
    check_block_size(block_size)
    if neuron:
        units = [(network, middle_neuron(network, unit)) for network, unit in units]
    renderers = {network: Renderer(network, recipe, seed) for network in dict(units)}
    groups: dict[tuple[Network, LayerInfo, bool], list[int]] = {}
    for place, (network, unit) in enumerate(units):
        key = (network, unit.layer, unit.position is not None)
        groups.setdefault(key, []).append(place)
    blocks = []
    for network, renderer in renderers.items():
        for (owner, layer, whole), places in groups.items():
            if owner is not network:
                continue
            canvas = size_canvas(network, layer, whole=whole, asked=size).canvas
            lanes = block_size or choose_block_size(len(places), canvas)
            for first in range(0, len(places), lanes):
                part = tuple(places[first : first + lanes])
                job = renderer.prepare(
                    [units[place][1] for place in part],
                    canvas=canvas,
                    block_size=lanes,
                    negative=negative,
                )
                blocks.append(Block(renderer, job, part))
    return blocks


def plan_objective(
    network: Network,
    objective: Objective,
    *,
    count: int = 1,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
) -> list[Block]:
    """The block of `count` pictures of one objective.

    Raises
    ------
    UnitNotFoundError : a position outside of the map that the canvas gives.
    UsageError : it reads no layer, or compares pictures where there is one; `count` or `size`
        cannot be used; the network cannot be rendered.
    DeviceError, RenderError : as `Renderer`.
    """
    layers = [network.layer(name) for name in objective.layers]
    if not layers:
        raise UsageError(
            f"{str(objective)!r} looks at pictures alone.\n  Add what the network is to respond to."
        )
    if not (isinstance(count, int) and 1 <= count <= MOST_PICTURES):
        raise UsageError(f"count={count!r} is out of range.\n  Allowed: 1 to {MOST_PICTURES}.")
    if objective.coupled and count == 1:
        raise UsageError(
            f"{str(objective)!r} compares pictures with each other.\n"
            "  Ask for several: vizkit.render(..., count=4)."
        )
    whole = not takes_any_size(network, objective)
    sizes = [size_canvas(network, layer, whole=whole, asked=size).canvas for layer in layers]
    canvas = max(height for height, _ in sizes), max(width for _, width in sizes)
    renderer = Renderer(network, recipe, seed)
    deepest = max(layers, key=network.layers.index)
    shown = [
        Combination(network.source, deepest, f"{objective}#{place}" if place else str(objective))
        for place in range(count)
    ]
    job = renderer.prepare_objective(objective, shown, canvas=canvas)
    return [Block(renderer, job, tuple(range(count)))]
