"""Units of one network, as they were asked for and as a sweep reads them."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.errors import UsageError
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.networks.units import Units, find_all
from vizkit.probing.readout import UnitPlace
from vizkit.unit import Unit


@dataclass(frozen=True, eq=False)
class AskedUnits:
    """Units in the order asked.

    Attributes
    ----------
    by_layer : units of each layer, without repetition.
    places : unit, layer and number in that layer's units, of each unit asked for.
    """

    network: Network
    by_layer: dict[str, list[UnitPlace]]
    places: tuple[tuple[Unit, str, int], ...]


def asked_units(network: str | Network, units: Units) -> AskedUnits:
    """Units of `network` that addresses name.

    Raises
    ------
    AddressError, LayerNotFoundError, UnitNotFoundError : there are no such units.
    UsageError : addresses of another network, or none.
    """
    known = load(network) if isinstance(network, str) else network
    pairs = find_all(units, known, load)
    if not pairs:
        raise UsageError("no units were given.\n  Give addresses, such as 'conv4_3:0-7'.")
    by_layer: dict[str, list[UnitPlace]] = {}
    places = []
    for _, unit in pairs:
        place, layer = (unit.channel, unit.position), unit.layer.public_name
        own = by_layer.setdefault(layer, [])
        if place not in own:
            own.append(place)
        places.append((unit, layer, own.index(place)))
    return AskedUnits(known, by_layer, tuple(places))
