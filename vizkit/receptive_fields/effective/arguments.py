"""The arguments that name a network and a size of its images."""

from __future__ import annotations

from collections.abc import Sequence

from vizkit.errors import UsageError
from vizkit.networks.load import load
from vizkit.networks.network import Network


def network_of(network: str | Network) -> Network:
    """The network itself, or the one of this name, loaded with its weights."""
    if isinstance(network, Network):
        return network
    if isinstance(network, str):
        return load(network)
    raise UsageError(
        f"{network!r:.60}, of type {type(network).__name__}, is no network with weights and "
        "preprocessing.\n  Give a name such as 'googlenet@distilled', or what "
        "vizkit.load(module, preprocessing=...) returns."
    )


def size_of(input_size: int | Sequence[int] | None) -> tuple[int, int] | None:
    """(height, width) of a side or a pair; None for the network's own."""
    if input_size is None:
        return None
    given = (input_size,) * 2 if isinstance(input_size, int) else input_size
    if len(given) != 2 or not all(isinstance(side, int) and side > 0 for side in given):
        raise UsageError(
            f"input_size={input_size!r} is no size of an image.\n"
            "  Give a side or (height, width) in pixels, for example 224."
        )
    return given[0], given[1]
