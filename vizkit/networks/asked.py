"""What somebody asked for by name, checked before anything that takes seconds is imported."""

from __future__ import annotations

from collections.abc import Iterable

from vizkit.address import Address, unescape_layer
from vizkit.errors import AddressError, LayerNotFoundError, nearest
from vizkit.layer_info import LayerInfo
from vizkit.networks import registry


def check_network(source: str, *, file: bool = False) -> None:
    """Refuse a network or weights that do not exist.

    Parameters
    ----------
    source : ``"vgg16@hed"``.
    file : whether a weights file is given, which has a tag of its own.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there is no such network, or no such weights of it.

    Examples
    --------
    >>> check_network("googelnet")
    Traceback (most recent call last):
        ...
    vizkit.errors.NetworkNotFoundError: 'googelnet' is not a network that vizkit knows. Did you ...
      List them with: vizkit models. Those of timm are called timm:NAME, your own path.py:factory.
    """
    name, tag = registry.split(source)
    if registry.is_factory(name):
        return
    registry.check_name(name)
    if not (file or (tag or "").startswith("file-") or name.startswith("timm:")):
        registry.checked_tag(name, tag)


def check_layers(source: str, names: Iterable[str], *, file: bool = False) -> None:
    """Refuse layers that a published network does not have, as far as there is a table of it.

    Raises
    ------
    LayerNotFoundError : there is no such layer.
    NetworkNotFoundError, NotFoundError : as `check_network`.

    Examples
    --------
    >>> check_layers("googlenet@distilled", ["inception4C"])
    Traceback (most recent call last):
        ...
    vizkit.errors.LayerNotFoundError: 'inception4C' is not a layer of googlenet.
      Did you mean 'inception4c'... List all 223 layers with: vizkit layers googlenet
    """
    check_network(source, file=file)
    name, tag = registry.split(source)
    if (tag or "").startswith("file-") or name.startswith("timm:"):
        return
    layers = registry.known_layers(source)
    for layer in names if layers else ():
        assert layers is not None
        if not any(_is(layer, each) for each in layers):
            raise no_layer(layer, name, layers, f"vizkit layers {name}")


def check_addresses(addresses: Iterable[Address], *, file: bool = False) -> None:
    """`check_layers` for each of the addresses."""
    for address in addresses:
        check_layers(address.source, [address.layer], file=file)


def no_layer(
    name: str, network: str, layers: Iterable[LayerInfo], listing: str
) -> LayerNotFoundError:
    """Error for a layer that `network` does not have; `listing` says how to see all."""
    listed = list(layers)
    names = [known for layer in listed for known in (*layer.aliases, layer.name)]
    return LayerNotFoundError(
        f"{name!r} is not a layer of {network}.\n  "
        + f"{nearest(name, names)} ".lstrip()
        + f"List all {len(listed)} layers with: {listing}"
    )


def _is(name: str, layer: LayerInfo) -> bool:
    names = {layer.name, *layer.aliases}
    try:
        return name in names or unescape_layer(name) in names
    except AddressError:
        return False
