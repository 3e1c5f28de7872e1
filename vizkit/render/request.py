"""From addresses to pictures: units are grouped into blocks, rendered, and given back in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vizkit.address import Address, parse
from vizkit.errors import RenderError, UsageError
from vizkit.models.network import Network
from vizkit.render.block import Callback
from vizkit.render.canvas_size import size_canvas
from vizkit.render.recipe import Recipe
from vizkit.render.renderer import BLOCK_SIZES, Renderer, choose_block_size
from vizkit.render.result import Render, Renders

Units = str | Address | Iterable[str | Address]
"""One address or several, each of one unit or of several channels."""


Size = int | tuple[int, int]
"""Side of a square canvas, or (height, width), in pixels."""


@dataclass(frozen=True, slots=True)
class Block:
    """Units of one layer that are rendered together.

    Attributes
    ----------
    units : resolved addresses.
    places : place of each unit in the list that was asked for.
    canvas : (height, width) in pixels.
    block_size : lanes of the block; what is left over is padding.
    """

    units: tuple[Address, ...]
    places: tuple[int, ...]
    canvas: tuple[int, int]
    block_size: int


def plan_blocks(
    network: Network, units: Units, *, size: Size | None = None, block_size: Size | None = None
) -> list[Block]:
    """Blocks that render `units` of one network; every mistake in an address is found here.

    Raises
    ------
    AddressError, LayerNotFoundError, UnitNotFoundError : an address names nothing.
    UsageError : `size` or `block_size` cannot be used.
    """
    if block_size is not None and block_size not in BLOCK_SIZES:
        allowed = ", ".join(map(str, sorted(BLOCK_SIZES)))
        raise UsageError(f"block_size={block_size} is not known.\n  Allowed: {allowed}.")
    asked = [units] if isinstance(units, str | Address) else list(units)
    resolved = [unit for each in asked for unit in network.units(_address(network, each))]
    groups: dict[tuple[str, bool], list[int]] = {}
    for place, unit in enumerate(resolved):
        key = (network.layer(unit.layer).name, unit.position is not None)
        groups.setdefault(key, []).append(place)
    blocks = []
    for (layer, whole), places in groups.items():
        canvas = size_canvas(network, network.layer(layer), whole=whole, asked=size).canvas
        lanes = block_size or choose_block_size(len(places), canvas)
        for first in range(0, len(places), lanes):
            part = tuple(places[first : first + lanes])
            blocks.append(Block(tuple(resolved[place] for place in part), part, canvas, lanes))
    return blocks


def render_blocks(
    renderer: Renderer, blocks: Iterable[Block], callback: Callback | None = None
) -> Iterator[tuple[Block, list[Render]]]:
    """Render block after block; each comes out as soon as it is done."""
    for block in blocks:
        yield (
            block,
            renderer.block(
                block.units, canvas=block.canvas, block_size=block.block_size, callback=callback
            ),
        )


def render(
    units: Units,
    *,
    network: Network | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    block_size: Size | None = None,
    callback: Callback | None = None,
) -> Renders:
    """Pictures that units like best, in the order asked.

    Parameters
    ----------
    units : addresses, e.g. ``"googlenet@distilled/inception4c:0-15"``; with `network` the part
        behind the slash is enough.
    network : network of the units; by default the one that the addresses name is loaded.
    recipe : hyperparameters; the default suits trained networks.
    seed : whole number; the same seed gives the same picture on the same machine.
    size : side, or (height, width), of the canvas in pixels; by default what the layer sees and
        a margin.
    block_size : units rendered together, 1, 4, 8 or 16; chosen by default.
    callback : called after each step with a `vizkit.render.Step`.

    Returns
    -------
    Renders : one `Render` per unit. A unit that stays silent is a result with ``dead=True``.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.
    RenderError : a response or a picture is not finite, or the memory is too small.

    Examples
    --------
    >>> import vizkit
    >>> pictures = vizkit.render("lenet5@random/c3:0-3", recipe=vizkit.Recipe(steps=2))
    >>> len(pictures), pictures[0].address
    (4, 'lenet5@random/c3:0')
    """
    if network is None:
        return _render_named(units, recipe, seed, size, block_size, callback)
    blocks = plan_blocks(network, units, size=size, block_size=block_size)
    found: dict[int, Render] = {}
    for block, renders in render_blocks(Renderer(network, recipe, seed), blocks, callback):
        found.update(zip(block.places, renders, strict=True))
    failed = [each for each in found.values() if each.error]
    if failed:
        listed = "\n".join(f"  {each.address}: {each.error}" for each in failed)
        raise RenderError(f"{len(failed)} of {len(found)} units failed:\n{listed}")
    return Renders([found[place] for place in sorted(found)])


def _render_named(
    units: Units,
    recipe: Recipe | None,
    seed: int,
    size: Size | None,
    block_size: Size | None,
    callback: Callback | None,
) -> Renders:
    """Render units whose addresses name their network, which may be several networks."""
    from vizkit.models.load import load

    asked = [units] if isinstance(units, str | Address) else list(units)
    addresses = [each if isinstance(each, Address) else parse(each) for each in asked]
    if not addresses:
        return Renders([])
    sources = dict.fromkeys(each.source for each in addresses)
    networks = {source: load(source) for source in sources}
    for each in addresses:
        networks[each.source].units(each)
    parts: list[Render] = []
    by_source = {
        source: list(
            render(
                [each for each in addresses if each.source == source],
                network=network,
                recipe=recipe,
                seed=seed,
                size=size,
                block_size=block_size,
                callback=callback,
            )
        )
        for source, network in networks.items()
    }
    for each in addresses:
        count = len(networks[each.source].units(each))
        parts += by_source[each.source][:count]
        del by_source[each.source][:count]
    return Renders(parts)


def _address(network: Network, unit: str | Address) -> Address:
    """Address of a unit of `network`; text may leave out the network."""
    if isinstance(unit, Address):
        return unit
    head = unit.partition('"')[0]
    return parse(unit if "/" in head else f"{network.source}/{unit}")
