"""Units of one network, as they were asked for and as a sweep reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vizkit.address import Address, parse_address
from vizkit.errors import UsageError
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.probing.readout import UnitPlace

Units = str | Address | Sequence[str | Address]
"""Addresses, ``"vgg16@hed/conv4_3:0-7"``; without the network, ``"conv4_3:0-7"``, as well."""


@dataclass(frozen=True, eq=False)
class AskedUnits:
    """Units in the order asked.

    Attributes
    ----------
    by_layer : units of each layer, without repetition.
    places : address, layer and number in that layer's units, of each unit asked for.
    """

    network: Network
    by_layer: dict[str, list[UnitPlace]]
    places: tuple[tuple[Address, str, int], ...]


def asked_units(network: str | Network, units: Units) -> AskedUnits:
    """Units of `network` that addresses name.

    Raises
    ------
    AddressError, LayerNotFoundError, UnitNotFoundError : there are no such units.
    UsageError : addresses of another network, or none.
    """
    known = load(network) if isinstance(network, str) else network
    named = [units] if isinstance(units, str | Address) else list(units)
    if not named:
        raise UsageError("no units were given.\n  Give addresses, such as 'conv4_3:0-7'.")
    by_layer: dict[str, list[UnitPlace]] = {}
    places = []
    for each in named:
        address = each if isinstance(each, Address) else parse_address(_with_network(known, each))
        for unit in known.units(address):
            place = (unit.channel, unit.position)
            own = by_layer.setdefault(unit.layer, [])
            if place not in own:
                own.append(place)
            places.append((unit, unit.layer, own.index(place)))
    return AskedUnits(known, by_layer, tuple(places))


def _with_network(network: Network, text: str) -> str:
    # A layer's name has no slash, a class name in quotes may.
    return text if "/" in text.partition('"')[0] else f"{network.source}/{text}"
