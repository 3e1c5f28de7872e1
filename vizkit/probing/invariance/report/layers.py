"""Which layers a report is about."""

from __future__ import annotations

from itertools import pairwise

from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network


def report_layers(network: Network) -> tuple[str, ...]:
    """Public names of the layers that stand for the whole of `network`, in forward order.

    They are the layers that the network shows by default, the pools between them that make the map
    smaller, and the layers of the classifier.

    Examples
    --------
    >>> import vizkit
    >>> report_layers(vizkit.load("lenet5"))
    ('c1', 's2', 'c3', 's4', 'c5', 'f6', 'logits')
    """
    shown = [layer.name for layer in network.layers if layer.published]
    chosen: list[str] = []
    before: LayerInfo | None = None
    for layer in network.layers:
        last = layer is network.layers[-1] and not layer.spatial and layer.op != "Flatten"
        if layer.published or (not _inside(layer.name, shown) and (last or _counts(layer, before))):
            if before is not None and is_pool(before) and _inside(before.name, [layer.name]):
                # A pool that is made of parts: the whole stands for them.
                chosen.remove(before.public_name)
            chosen.append(layer.public_name)
            before = layer
    return tuple(dict.fromkeys(chosen))


def pooled_pairs(network: Network, layers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each pool among `layers` with the layer before it.

    Examples
    --------
    >>> import vizkit
    >>> pooled_pairs(vizkit.load("lenet5"), ("c1", "s2", "c3", "s4"))
    (('c1', 's2'), ('c3', 's4'))
    """
    pairs = pairwise(layers)
    return tuple(
        (before, pool)
        for before, pool in pairs
        if is_pool(network.layer(pool)) and not is_pool(network.layer(before))
    )


def _counts(layer: LayerInfo, before: LayerInfo | None) -> bool:
    if is_pool(layer):
        return before is None or layer.shape[1:] != before.shape[1:]
    return layer.op == "Linear"


def is_pool(layer: LayerInfo) -> bool:
    """Whether `layer` pools, by the name of its class."""
    return "Pool" in layer.op or "Subsampling" in layer.op


def _inside(name: str, containers: list[str]) -> bool:
    return any(name.startswith(f"{container}.") for container in containers)
