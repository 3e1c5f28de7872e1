"""From addresses to pictures: units are grouped into blocks, rendered, and given back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from vizkit.address import Address, parse_address
from vizkit.networks.network import Network
from vizkit.rendering.block_size import check_block_size, choose_block_size
from vizkit.rendering.canvas_size import size_canvas
from vizkit.rendering.job import Job
from vizkit.rendering.loop import Callback
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.renderer import Renderer
from vizkit.rendering.result import Render, Renders, UnitsFailedError

Units = str | Address | Iterable[str | Address]
"""One address or several, each of one unit or of several channels."""

Size = int | tuple[int, int]
"""Side of a square canvas, or (height, width), in pixels."""

Unit = tuple[Network, Address]
"""A single unit and its network."""


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


def find_units(addresses: Iterable[Address], load: Callable[[str], Network]) -> list[Unit]:
    """Single units that addresses of any networks name, each network loaded once.

    Parameters
    ----------
    load : gives the network of a source, ``"vgg16@hed"``.
    """
    # By the source that a network has, too: an address may leave the default weights out.
    networks: dict[str, Network] = {}
    units: list[Unit] = []
    for each in addresses:
        if each.source not in networks:
            network = load(each.source)
            networks[each.source] = networks.setdefault(network.source, network)
        network = networks[each.source]
        # A weights file has a tag of its own, whatever the address says.
        named = replace(each, weights=network.weights.tag)
        units += [(network, unit) for unit in network.units(named)]
    return units


def plan_blocks(
    units: Sequence[Unit],
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    block_size: int | None = None,
) -> list[Block]:
    """Blocks of `units`, network by network; whatever can be known to fail is found here.

    Raises
    ------
    UnitNotFoundError : a position outside of the map that the canvas gives.
    UsageError : `size` or `block_size` cannot be used; the network cannot be rendered.
    DeviceError, RenderError : as `Renderer`.
    """
    check_block_size(block_size)
    renderers: dict[Network, Renderer] = {}
    groups: dict[tuple[Network, str, bool], list[int]] = {}
    for place, (network, unit) in enumerate(units):
        if network not in renderers:
            renderers[network] = Renderer(network, recipe, seed)
        key = (network, network.layer(unit.layer).name, unit.position is not None)
        groups.setdefault(key, []).append(place)
    blocks = []
    for network in renderers:
        for (owner, layer, whole), places in groups.items():
            if owner is not network:
                continue
            canvas = size_canvas(network, network.layer(layer), whole=whole, asked=size).canvas
            lanes = block_size or choose_block_size(len(places), canvas)
            for first in range(0, len(places), lanes):
                part = tuple(places[first : first + lanes])
                addresses = [units[place][1] for place in part]
                job = renderers[network].prepare(addresses, canvas=canvas, block_size=lanes)
                blocks.append(Block(renderers[network], job, part))
    return blocks


def render(
    units: Units,
    *,
    network: Network | None = None,
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
    recipe : hyperparameters; the default suits trained networks.
    seed : whole number; the same seed gives the same picture on the same machine.
    size : side, or (height, width), of the canvas in pixels; by default what the layer sees and
        a margin.
    block_size : units rendered together, 1, 4, 8 or 16; chosen by default.
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
    asked = [units] if isinstance(units, str | Address) else list(units)
    blocks = plan_blocks(
        _resolve(asked, network), recipe=recipe, seed=seed, size=size, block_size=block_size
    )
    found: dict[int, Render] = {}
    for block in blocks:
        found.update(zip(block.places, block.render(callback), strict=True))
    renders = Renders([found[place] for place in sorted(found)])
    if any(each.error for each in renders):
        raise UnitsFailedError(renders)
    return renders


def _resolve(asked: Sequence[str | Address], network: Network | None) -> list[Unit]:
    if network is None:
        from vizkit.networks.load import load

        return find_units(
            [parse_address(each) if isinstance(each, str) else each for each in asked], load
        )
    return [(network, unit) for each in asked for unit in network.units(_address(network, each))]


def _address(network: Network, unit: str | Address) -> Address:
    """Address of a unit of `network`; text may leave out the network."""
    if isinstance(unit, Address):
        return unit
    head = unit.partition('"')[0]
    return parse_address(unit if "/" in head else f"{network.source}/{unit}")
