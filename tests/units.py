"""Units for tests of what shows them, without a network."""

from __future__ import annotations

from vizkit.address import parse_address
from vizkit.layer_info import LayerInfo
from vizkit.unit import Unit


def unit_of(address: str) -> Unit:
    """The unit of an address in a layer of which nothing else is known."""
    named = parse_address(address)
    layer = LayerInfo(named.layer, (), "Conv2d", named.channel + 1, (named.channel + 1, 8, 8))
    return Unit(named.source, layer, named.channel, named.position)
