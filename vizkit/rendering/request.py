"""From addresses to pictures: units are grouped into blocks, rendered, and given back in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.networks.units import Units, find_all
from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.rendering.block_size import check_block_size, choose_block_size
from vizkit.rendering.canvas_size import size_canvas
from vizkit.rendering.expression import parse_objective
from vizkit.rendering.job import Job
from vizkit.rendering.loop import Callback
from vizkit.rendering.recipe import KINDS, Recipe, check_kind
from vizkit.rendering.renderer import Renderer
from vizkit.rendering.result import Render, Renders, UnitsFailedError
from vizkit.unit import Combination, Unit

Size = int | tuple[int, int]
"""Side of a square canvas, or (height, width), in pixels."""


@dataclass(frozen=True, slots=True)
class Block:
    """Units of one layer that are rendered together, ready to be.

    Attributes
    ----------
    renderer : of their network.
    job : the units.
    places : place of each unit in the list that was asked for.
    """

    renderer: Renderer
    job: Job
    places: tuple[int, ...]

    def render(self, callback: Callback | None = None) -> list[Render]:
        """Pictures of the units; those that failed say so in their `error`."""
        return self.renderer.render(self.job, callback)


def plan_blocks(
    units: Sequence[tuple[Network, Unit]],
    *,
    objective: str = "auto",
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    block_size: int | None = None,
) -> list[Block]:
    """Blocks of `units`, network by network; whatever can be known to fail is found here.

    Parameters
    ----------
    objective : ``"neuron"`` takes the neuron in the middle of the image where an address gives no
        position, ``"channel"`` and ``"auto"`` what the address says.

    Raises
    ------
    UnitNotFoundError : a position outside of the map that the canvas gives.
    UsageError : `size` or `block_size` cannot be used; the network cannot be rendered.
    DeviceError, RenderError : as `Renderer`.
    """
    check_block_size(block_size)
    check_kind(objective)
    if objective == "neuron":
        units = [(network, _neuron(network, unit)) for network, unit in units]
    renderers: dict[Network, Renderer] = {}
    groups: dict[tuple[Network, LayerInfo, bool], list[int]] = {}
    for place, (network, unit) in enumerate(units):
        if network not in renderers:
            renderers[network] = Renderer(network, recipe, seed)
        key = (network, unit.layer, unit.position is not None)
        groups.setdefault(key, []).append(place)
    blocks = []
    for network in renderers:
        for (owner, layer, whole), places in groups.items():
            if owner is not network:
                continue
            canvas = size_canvas(network, layer, whole=whole, asked=size).canvas
            lanes = block_size or choose_block_size(len(places), canvas)
            for first in range(0, len(places), lanes):
                part = tuple(places[first : first + lanes])
                job = renderers[network].prepare(
                    [units[place][1] for place in part], canvas=canvas, block_size=lanes
                )
                blocks.append(Block(renderers[network], job, part))
    return blocks


def plan_objective(
    network: Network,
    text: str,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
) -> Block:
    """The one picture of an objective, ``"conv4_3:12 - 0.1*tv"``, ready to be rendered.

    Raises
    ------
    AddressError, NotFoundError, UsageError : as `parse_objective`, or it reads no layer.
    DeviceError, RenderError : as `Renderer`.
    """
    objective = parse_objective(text, network)
    layers = [network.layer(name) for name in objective.layers]
    if not layers:
        raise UsageError(
            f"{str(objective)!r} looks at pictures alone.\n  Add what the network is to respond to."
        )
    sizes = [size_canvas(network, layer, asked=size).canvas for layer in layers]
    canvas = max(height for height, _ in sizes), max(width for _, width in sizes)
    renderer = Renderer(network, recipe, seed)
    deepest = max(layers, key=network.layers.index)
    shown = Combination(network.source, deepest, str(objective))
    return Block(renderer, renderer.prepare_objective(objective, shown, canvas=canvas), (0,))


def _neuron(network: Network, unit: Unit) -> Unit:
    """The unit itself, or the neuron of a channel in the middle of the image."""
    if unit.position is not None or not unit.layer.spatial:
        return unit
    place = middle_of_map(*unit.layer.shape[1:])
    fields = fields_or_none(network)
    if fields is not None:
        place = middle_position(fields.layer(unit.layer.name)) or place
    return unit.at(place)


def render(
    units: Units = (),
    *,
    network: Network | None = None,
    objective: str = "auto",
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    block_size: int | None = None,
    callback: Callback | None = None,
) -> Renders:
    """Pictures that units like best, in the order asked.

    Parameters
    ----------
    units : addresses, e.g. ``"googlenet@distilled/inception4c:0-15"``; with `network` the part
        behind the slash is enough.
    network : network of the units; by default those that the addresses name are loaded.
    objective : ``"neuron"`` paints the neuron in the middle of the image where an address gives no
        position. Any other text is an objective of its own, with a network and without units:
        ``render(network=net, objective="conv4_3:12 + 0.5*conv4_3:40 - 0.1*tv")``.
    recipe : hyperparameters; the default suits trained networks.
    seed : whole number; the same seed gives the same picture on the same machine.
    size : side, or (height, width), of the canvas in pixels; by default what the layer sees and
        a margin.
    block_size : units rendered together: 1, 4, 8, 16, 32, 64 or 128; by default 1 to 16, as the
        layer has units.
    callback : called after each step with a `vizkit.rendering.Step`.

    Returns
    -------
    Renders : one `Render` per unit. A unit that stays silent is a result with ``dead=True``.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.
    UnitsFailedError : after all work: a response or a picture is not finite, or the memory is too
        small for some units. The pictures of the others are in its `finished`.

    Examples
    --------
    >>> import vizkit
    >>> pictures = vizkit.render("lenet5@random/c3:0-3", recipe=vizkit.Recipe(steps=2))
    >>> len(pictures), pictures[0].address
    (4, 'lenet5@random/c3:0')
    """
    from vizkit.networks.load import load

    if network is not None and objective not in KINDS:
        blocks = [plan_objective(network, objective, recipe=recipe, seed=seed, size=size)]
    else:
        blocks = plan_blocks(
            find_all(units, network, load),
            objective=objective,
            recipe=recipe,
            seed=seed,
            size=size,
            block_size=block_size,
        )
    found: dict[int, Render] = {}
    for block in blocks:
        found.update(zip(block.places, block.render(callback), strict=True))
    renders = Renders([found[place] for place in sorted(found)])
    if any(each.error for each in renders):
        raise UnitsFailedError(renders)
    return renders
