"""From names that people write to the layers and units of one network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from torch import nn

from vizkit.address import Address
from vizkit.errors import LayerNotFoundError, UnitNotFoundError, UsageError, nearest
from vizkit.networks.layers import literature
from vizkit.networks.layers.layer_info import LayerInfo

if TYPE_CHECKING:
    from vizkit.networks.network import Network


def find_layer(network: Network, name: str) -> LayerInfo:
    """Layer of `network` whose module path or alias is `name`."""
    names: dict[str, LayerInfo] = {}
    for layer in network.layers:
        names |= {alias: layer for alias in layer.aliases}
    names |= {layer.name: layer for layer in network.layers}
    if name in names:
        return names[name]
    # A module that the network holds under two names is listed under the first.
    modules = dict(network.module.named_modules(remove_duplicate=False))
    if name in modules:
        for layer in network.layers:
            if modules[layer.name] is modules[name]:
                return layer
    raise LayerNotFoundError(
        f"{name!r} is not a layer of {network.name}.\n  "
        + f"{nearest(name, names)} ".lstrip()
        + f"List all {len(network.layers)} layers with: vizkit layers {network.name}"
    )


def find_module(module: nn.Module, name: str) -> str:
    """Path of the module in `module` that `name` names, by its path or in the literature."""
    modules = dict(module.named_modules(remove_duplicate=False))
    if name in modules:
        return name
    leaves = [(path, m) for path, m in modules.items() if next(m.children(), None) is None]
    aliases = literature.aliases(leaves, modules)
    if name in aliases:
        return aliases[name]
    hint = nearest(name, [*modules, *aliases])
    raise LayerNotFoundError(
        f"{name!r} is not a module of this {type(module).__name__}.\n  "
        + f"{hint} ".lstrip()
        + "List all with: [name for name, _ in net.named_modules()]"
    )


def find_units(network: Network, address: Address) -> tuple[Address, ...]:
    """Addresses of the single units that `address` names, each spelled in the one public way."""
    tag = network.weights.tag
    if address.network != network.name or address.weights not in {None, tag}:
        raise UsageError(
            f"{str(address)!r} is not an address in {network.name}@{tag}.\n"
            f"  Load the network with: vizkit.load({address.source!r})"
        )
    layer = find_layer(network, address.layer)
    address = replace(address, weights=tag, layer=layer.public_name)
    if address.label is not None:
        channel = _class_number(network, layer, address.label)
        return (replace(address, channels=(channel,), label=None),)
    for channel in address.channels:
        if channel >= layer.channels:
            raise UnitNotFoundError(
                f"channel {channel} is not in {layer.public_name} of {network.name}.\n"
                f"  It has {layer.channels} channels: write 0 to {layer.channels - 1}."
            )
    _check_position(network, layer, address.position)
    return address.units()


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
