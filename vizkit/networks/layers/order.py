"""Which layers are computed before and behind a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo


def shown_before(layers: Sequence[LayerInfo], layer: LayerInfo) -> Iterator[LayerInfo]:
    """Layers on the list of those to show that are computed before `layer`, nearest first.

    Parts of `layer` are left out.

    Parameters
    ----------
    layers : all of the network, in forward order.
    """
    place = _places(layers)[layer.name]
    return (each for each in reversed(layers[:place]) if each.published and not _in(each, layer))


def shown_behind(layers: Sequence[LayerInfo], layer: LayerInfo) -> Iterator[LayerInfo]:
    """Layers on that list, and the logits, that are computed behind `layer`, nearest first.

    What `layer` is a part of is left out.
    """
    shown = (each for each in layers if each.published or "logits" in each.aliases)
    place = _places(layers)
    return (each for each in shown if place[each.name] > place[layer.name] and not _in(layer, each))


def check_order(layers: Sequence[LayerInfo], first: LayerInfo, last: LayerInfo) -> None:
    """Raise a `UsageError` unless `first` has been computed when `last` is."""
    places = _places(layers)
    if places[first.name] >= places[last.name]:
        raise UsageError(
            f"{first.public_name} does not come before {last.public_name}.\n"
            "  Name a layer below it."
        )


def _places(layers: Sequence[LayerInfo]) -> dict[str, int]:
    return {layer.name: place for place, layer in enumerate(layers)}


def _in(inner: LayerInfo, outer: LayerInfo) -> bool:
    return inner.name.startswith(f"{outer.name}.")
