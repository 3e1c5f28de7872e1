"""What a channel feeds: its weights in the channels of a layer behind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor

from vizkit.circuits.box import reached
from vizkit.circuits.path import Pass, Path, check_equal
from vizkit.circuits.result import Downstream
from vizkit.errors import UsageError
from vizkit.networks.given import Given, given_network, given_unit
from vizkit.networks.layers.order import shown_behind
from vizkit.networks.units import Named
from vizkit.receptive_fields.middle_neuron import middle_neuron
from vizkit.unit import Unit

_BATCH = 16


def downstream(network: Given, unit: Named, *, to: str | None = None) -> Downstream:
    """Weights that the channels of a layer behind give to `unit`, across all that lies between.

    As `upstream`, seen from the other end.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    unit : address of a channel.
    to : a layer behind it; by default the next one on the network's list of layers to show, or the
        logits.

    Raises
    ------
    NotFoundError : no such network, layer or unit.
    UsageError : `to` does not come behind the unit or does not depend on it; a neuron was given; or
        the way has no weights, as of `upstream`.

    Examples
    --------
    >>> found = downstream("lenet5", "c3:0")
    >>> found.layer_name, found.kernels.shape
    ('c5', torch.Size([120, 10, 10]))
    """
    net = given_network(network)
    asked = given_unit(net, unit)[1]
    if asked.position is not None:
        raise UsageError(
            f"{asked.name} is one neuron, and weights are those of its channel.\n"
            f"  Give {asked.layer.public_name}:{asked.channel}."
        )
    behind = shown_behind(net.layers, asked.layer)
    end = next(behind, None) if to is None else net.layer(to)
    if end is None:
        raise UsageError(
            f"nothing comes behind {asked.layer.public_name} on the list of {net.source}.\n"
            "  Name a layer, if there is one: to='LAYER'."
        )
    path = Path(net, asked.layer, end)
    middle = middle_neuron(net, Unit(net.source, end, 0)).position or ()
    here: tuple[Any, ...] = (..., *(slice(place, place + 1) for place in middle))
    noisy = Pass(path, noise=True)
    mixture = torch.randn(end.channels, generator=torch.Generator().manual_seed(0))
    mixed = noisy.output[here].flatten(1)[0] @ mixture.to(noisy.output)
    mixed_weights, _, removed = noisy.weights(mixed, end.public_name)
    of_unit = mixed_weights[asked.channel]
    y0, x0, y1, x1 = reached(of_unit[None])
    places = list(product(range(y0, y1 + 1), range(x0, x1 + 1)))
    with torch.no_grad():
        rest = path.output(path.nothing)[0][here]
        effects = []
        for first in range(0, len(places), _BATCH):
            ones = _impulses(path.nothing, asked.channel, places[first : first + _BATCH])
            effects.append(path.output(ones)[0][here] - rest)
    kernels = torch.cat(effects).flatten(1).T.reshape(-1, y1 + 1 - y0, x1 + 1 - x0)
    expected = of_unit[y0 : y1 + 1, x0 : x1 + 1]
    summed = torch.tensordot(mixture.to(kernels), kernels, 1)
    check_equal(summed, expected, end.public_name, asked.name)
    return Downstream(
        unit=asked,
        random=net.weights.random,
        layer=end,
        kernels=kernels.float().cpu(),
        removed=removed,
    )


def _impulses(nothing: Tensor, channel: int, places: Sequence[tuple[int, int]]) -> Tensor:
    """Values that are 1 at one place of the channel's map, B x ..."""
    ones = nothing.repeat(len(places), *[1] * (nothing.ndim - 1))
    for number, place in enumerate(places):
        ones[(number, channel, *place)[: ones.ndim]] = 1
    return ones
