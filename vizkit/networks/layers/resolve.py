"""From names that people write to the layers of one network."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from torch import nn

from vizkit.address import unescape_layer
from vizkit.errors import AddressError, LayerNotFoundError, nearest
from vizkit.layer_info import LayerInfo
from vizkit.networks import registry
from vizkit.networks.asked import no_layer
from vizkit.networks.layers import literature
from vizkit.networks.wrappers import shell

if TYPE_CHECKING:
    from vizkit.networks.network import Network


def find_layer(network: Network, name: str) -> LayerInfo:
    """Layer of `network` whose module path or alias is `name`, or its form in addresses."""
    names: dict[str, LayerInfo] = {}
    for layer in network.layers:
        names |= {alias: layer for alias in layer.aliases}
    names |= {layer.name: layer for layer in network.layers}
    name = _as_held(name, names, network.module)
    if name in names:
        return names[name]
    # A module that the network holds under two names is listed under the first.
    modules = dict(network.module.named_modules(remove_duplicate=False))
    if name in modules:
        for layer in network.layers:
            if modules[layer.name] is modules[name]:
                return layer
    # The command line does not know a module of the caller's own, but what a file makes.
    unknown = network.weights.tag == "own" and not registry.is_factory(network.name)
    listing = "print(net)" if unknown else f"vizkit layers {network.name}"
    raise no_layer(name, network.name, network.layers, listing)


def find_module(module: nn.Module, name: str) -> str:
    """Path of the module in `module` that `name` names, by its path or in the literature."""
    modules = dict(module.named_modules(remove_duplicate=False))
    name = _as_held(name, modules, module)
    if name in modules:
        return name
    aliases = literature.aliases(modules)
    if name in aliases:
        return aliases[name]
    hint = nearest(name, [*modules, *aliases])
    raise LayerNotFoundError(
        f"{name!r} is not a module of this {type(module).__name__}.\n  "
        + f"{hint} ".lstrip()
        + "List all with: [name for name, _ in net.named_modules()]"
    )


def _as_held(name: str, names: Iterable[str], module: nn.Module) -> str:
    """The one of `names` that `name` may stand for; else `name` itself.

    It may be as in an address, without the part around the whole network (``model.``), and without
    what `torch.compile` adds.
    """
    held = {each.replace("_orig_mod.", ""): each for each in names} | {each: each for each in names}
    spelled = [name]
    with suppress(AddressError):
        spelled.append(unescape_layer(name))
    around = shell(module)
    return next(
        (
            held[each]
            for part in ("", around)
            for each in (part + s for s in spelled)
            if each in held
        ),
        name,
    )
