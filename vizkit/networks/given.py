"""What a verb was given: a network, by name or at hand, and units of it."""

from __future__ import annotations

import warnings
from typing import cast

from torch import nn

from vizkit.errors import UsageError
from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.first_pass import check_kind, guessed_channels
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.networks.units import Named, Units, find_all, the_only
from vizkit.networks.wrappers import unwrapped
from vizkit.unit import Unit

Given = str | Network | nn.Module
"""A name such as ``"vgg16@hed"``, what `vizkit.load` returned, or a module."""


def given_network(network: Given, shape: tuple[int, ...] | None = None) -> Network:
    """Network that `network` stands for.

    Nobody can know what numbers a bare module was trained on: it is shown images as they are, in
    [0, 1], and a warning says so.

    Parameters
    ----------
    shape : (C, H, W) of the images that a module is to be shown; by default 224 x 224 pixels in as
        many channels as its first convolution takes.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : no network, or no weights, of this name.
    WeightsNotFoundError, WeightsInvalidError : weights that cannot be had or read.
    UsageError : something else was given.

    Examples
    --------
    >>> given_network("lenet5").source
    'lenet5@digits'
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, str):
        return load(network)
    if not isinstance(network, nn.Module):
        raise no_network(network)
    network = unwrapped(network)
    check_kind(network, type(network).__name__)
    warnings.warn(
        f"{type(network).__name__} gets images in [0, 1] as they are. If it expects other numbers, "
        "say which: vizkit.load(module, preprocessing=vizkit.Preprocessing(...)).",
        stacklevel=3,
    )
    channels, height, width = shape or (guessed_channels(network, (224, 224)), 224, 224)
    as_it_is = Preprocessing((0.0,) * channels, (1.0,) * channels, (height, width))
    return load(network, preprocessing=as_it_is)


def given_units(network: Given | Units, units: Units | None = None) -> list[tuple[Network, Unit]]:
    """Units with their networks, in the order asked; one network is loaded once.

    Parameters
    ----------
    network : of all of them; or, without `units`, one or several whole addresses.
    units : addresses, which may leave the network out: ``"conv4_3:0-7"``.

    Raises
    ------
    AddressError, NotFoundError, UsageError : as `vizkit.networks.units.find_units`; no units.

    Examples
    --------
    >>> [unit.name for _, unit in given_units("lenet5", "c1:0-2")]
    ['c1:0', 'c1:1', 'c1:2']
    >>> [unit.name for _, unit in given_units("lenet5/c1:0-2")]
    ['c1:0', 'c1:1', 'c1:2']
    """
    if units is None:
        if isinstance(network, Network | nn.Module) or (
            isinstance(network, str) and "/" not in network
        ):
            called = getattr(network, "source", type(network).__name__)
            called = repr(network) if isinstance(network, str) else called
            raise UsageError(
                f"{called} was given without any of its units.\n"
                "  Give a network and units, (network, 'conv4_3:0-7'), or a whole address alone, "
                "'vgg16@hed/conv4_3:0-7'."
            )
        pairs = find_all(network, None, load)
    else:
        pairs = find_all(units, given_network(cast(Given, network)), load)
    if not pairs:
        raise UsageError("no units were given.\n  Give addresses, such as 'conv4_3:0-7'.")
    return pairs


def given_unit(network: Given | Units, unit: Named | None = None) -> tuple[Network, Unit]:
    """The one unit that is named, with its network.

    Raises
    ------
    AddressError, NotFoundError, UsageError : as `given_units`; there are several.

    Examples
    --------
    >>> given_unit("lenet5", "c1:2")[1].address
    'lenet5@digits/c1:2'
    """
    pairs = given_units(network, unit)
    named = network if unit is None else unit
    return pairs[0][0], the_only(tuple(unit for _, unit in pairs), cast(Named, named))


def network_of_units(
    network: Given | Units, units: Units | None = None
) -> tuple[Network, tuple[Unit, ...]]:
    """The one network that units were given of, and the units in the order asked.

    Parameters and errors are those of `given_units`.

    Raises
    ------
    UsageError : they are of several networks.

    Examples
    --------
    >>> network, units = network_of_units("lenet5/c1:0-2")
    >>> network.source, len(units)
    ('lenet5@digits', 3)
    """
    pairs = given_units(network, units)
    sources = list(dict.fromkeys(each.source for each, _ in pairs))
    if len(sources) > 1:
        raise UsageError(
            f"units of {len(sources)} networks were given: {', '.join(sources)}.\n"
            "  Give those of one at a time."
        )
    return pairs[0][0], tuple(unit for _, unit in pairs)


def no_network(given: object) -> UsageError:
    """Error for what is neither a name nor a network."""
    return UsageError(
        f"{given!r:.60} was given as a network, which is of type {type(given).__name__}.\n"
        "  Give a name such as 'googlenet', a network that vizkit.load returned, or an nn.Module."
    )
