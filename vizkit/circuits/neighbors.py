"""Which layers stand before and behind a layer."""

from __future__ import annotations

from collections.abc import Iterator

from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network


def layer_before(network: Network, layer: LayerInfo) -> LayerInfo | None:
    """Last layer before `layer` on the network's list of layers to show; None is the input."""
    names = [each.name for each in network.layers]
    earlier = network.layers[: names.index(layer.name)]
    return next(_shown(reversed(earlier), layer), None)


def layer_behind(network: Network, layer: LayerInfo) -> LayerInfo | None:
    """First layer behind `layer` on that list, or else the logits; None of the last layer."""
    names = [each.name for each in network.layers]
    later = network.layers[names.index(layer.name) + 1 :]
    scores = (each for each in later if "logits" in each.aliases)
    return next(_shown(iter(later), layer), None) or next(scores, None)


def check_order(network: Network, first: LayerInfo, last: LayerInfo) -> None:
    """Raise a `UsageError` unless `first` has been computed when `last` is."""
    names = [each.name for each in network.layers]
    if names.index(first.name) >= names.index(last.name):
        raise UsageError(
            f"{first.public_name} does not come before {last.public_name}.\n"
            f"  Layers in order: vizkit layers {network.source}"
        )


def _shown(layers: Iterator[LayerInfo], other: LayerInfo) -> Iterator[LayerInfo]:
    return (layer for layer in layers if layer.published and _apart(layer, other))


def _apart(one: LayerInfo, other: LayerInfo) -> bool:
    """Whether neither layer is a part of the other."""
    names = f"{one.name}.", f"{other.name}."
    return not names[0].startswith(names[1]) and not names[1].startswith(names[0])
