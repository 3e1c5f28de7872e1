"""The receptive fields of a loaded network, calculated once."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.receptive_fields.calculator import ReceptiveFields

_KNOWN: WeakKeyDictionary[Network, ReceptiveFields | None] = WeakKeyDictionary()


def known_fields(network: Network) -> ReceptiveFields | None:
    """Fields of `network` at its own input size, kept for as long as the network.

    None when they cannot be calculated, because the network takes decisions that depend on the
    values of the image: `receptive_field` says so in words.
    """
    if network not in _KNOWN:
        try:
            _KNOWN[network] = receptive_field(network)
        except UsageError:
            _KNOWN[network] = None
    return _KNOWN[network]
