"""From addresses to units: the one place where what somebody wrote meets a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from vizkit.address import Address, parse_address
from vizkit.errors import UnitNotFoundError, UsageError, nearest
from vizkit.layer_info import LayerInfo
from vizkit.unit import Unit

if TYPE_CHECKING:
    from vizkit.networks.network import Network

Named = str | Address | Unit
"""An address of one unit or of several channels, as text or parsed; or a unit itself."""

Units = Named | Iterable[Named]
"""One or several of them. With a network at hand, text may leave it out: ``"conv4_3:0-7"``."""


def find_units(network: Network, named: Named) -> tuple[Unit, ...]:
    """Units of `network` that `named` names, in the order asked.

    Raises
    ------
    AddressError : text that is no address.
    LayerNotFoundError, UnitNotFoundError : the network has no such layer, channel, position or
        class.
    UsageError : it is of another network.
    """
    if isinstance(named, Unit):
        _check_source(network, named.address, named.source in (network.source, network.name))
        return (named,)
    address = parse_address(_with_network(network, named)) if isinstance(named, str) else named
    _check_source(
        network,
        str(address),
        address.network == network.name and address.weights in {None, network.weights.tag},
    )
    layer = network.layer(address.layer)
    _check_position(network, layer, address.position)
    channels = address.channels
    if address.label is not None:
        channels = (_class_number(network, layer, address.label),)
    for channel in channels:
        if channel >= layer.channels:
            raise UnitNotFoundError(
                f"channel {channel} is not in {layer.public_name} of {network.name}.\n"
                f"  It has {layer.channels} channels: write 0 to {layer.channels - 1}."
            )
    return tuple(Unit(network.source, layer, channel, address.position) for channel in channels)


def find_all(
    units: Units, network: Network | None, load: Callable[[str], Network]
) -> list[tuple[Network, Unit]]:
    """Every unit that `units` name with its network, in the order asked.

    Parameters
    ----------
    network : of all of them; None where the addresses say theirs.
    load : gives the network of a source, ``"vgg16@hed"``; each is loaded once.

    Raises
    ------
    AddressError, NotFoundError, UsageError : as `find_units`.
    """
    named = [units] if isinstance(units, str | Address | Unit) else list(units)
    if network is not None:
        return [(network, unit) for name in named for unit in find_units(network, name)]
    # By the source that a network has, too: an address may leave the default weights out.
    networks: dict[str, Network] = {}
    pairs: list[tuple[Network, Unit]] = []
    for address in [parse_address(name) if isinstance(name, str) else name for name in named]:
        if address.source not in networks:
            loaded = load(address.source)
            networks[address.source] = networks.setdefault(loaded.source, loaded)
        owner = networks[address.source]
        if isinstance(address, Address):
            # A weights file has a tag of its own, whatever the address says.
            address = replace(address, weights=owner.weights.tag)
        pairs += [(owner, unit) for unit in find_units(owner, address)]
    return pairs


def the_only(units: tuple[Unit, ...], named: Named) -> Unit:
    """The one unit of `units`.

    Raises
    ------
    UsageError : there are several.
    """
    if len(units) != 1:
        raise UsageError(
            f"{str(named)!r} names {len(units)} units.\n  Give one, for example {str(units[0])!r}."
        )
    return units[0]


def _with_network(network: Network, text: str) -> str:
    # A layer's name has no slash, a class name in quotes may.
    return text if "/" in text.partition('"')[0] else f"{network.source}/{text}"


def _check_source(network: Network, address: str, fits: bool) -> None:
    if not fits:
        source = address.partition("/")[0]
        raise UsageError(
            f"{address!r} is not an address in {network.source}.\n"
            f"  Load the network with: vizkit.load({source!r})"
        )


def _check_position(network: Network, layer: LayerInfo, position: tuple[int, int] | None) -> None:
    if position is None:
        return
    where = f"position {position[0]},{position[1]}"
    if not layer.spatial:
        raise UnitNotFoundError(
            f"{where} was given, but {layer.public_name} of {network.name} has no map.\n"
            "  Leave the position away."
        )
    height, width = layer.shape[1:]
    if not (0 <= position[0] < height and 0 <= position[1] < width):
        raise UnitNotFoundError(
            f"{where} is outside of the map of {layer.public_name} of {network.name}.\n"
            f"  At the network's input size it has {height} x {width} positions: "
            f"write @y,x from @0,0 to @{height - 1},{width - 1}."
        )


def _class_number(network: Network, layer: LayerInfo, label: str) -> int:
    classes = network.classes
    if classes is None or "logits" not in {layer.name, *layer.aliases}:
        what = "has no class names" if classes is None else "has classes only in logits"
        raise UnitNotFoundError(
            f"{label!r} was given as a class of {layer.public_name}, but {network.name} {what}.\n"
            f"  Write a channel's number: 0 to {layer.channels - 1}."
        )
    numbers: dict[str, int] = {}
    for number, name in enumerate(classes):
        numbers.setdefault(name.casefold(), number)
    if label in classes:
        return classes.index(label)
    if label.casefold() in numbers:
        return numbers[label.casefold()]
    raise UnitNotFoundError(
        f"{label!r} is not one of the {len(classes)} classes of {network.name}.\n  "
        + (nearest(label, classes) or f"The first is {classes[0]!r}.")
    )
