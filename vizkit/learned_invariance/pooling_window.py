"""The neurons behind one neuron of a max-pooling layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.given import Given, given_unit
from vizkit.networks.network import Network
from vizkit.networks.units import Named, Units
from vizkit.unit import Unit


def pooled_members(network: Given | Units, neuron: Named | None = None) -> tuple[Unit, ...]:
    """The neurons that a neuron of a max-pooling layer takes the maximum of.

    Which layer is pooled is found out by pooling the outputs of all that come before; they are
    taken after the ReLU, where one lies between.

    Parameters
    ----------
    network : name, network or module; or, without `neuron`, a whole address.
    neuron : address with a position, e.g. ``"maxpool1:7@10,10"``, in the map of the network's own
        input size.

    Raises
    ------
    AddressError, NotFoundError : there is no such unit.
    UsageError : no position, no max-pooling layer, or one of something that is no layer.

    Examples
    --------
    >>> [str(each) for each in pooled_members("alexnet@random/features.2:0@1,1")][:2]
    ['alexnet@random/relu1:0@2,2', 'alexnet@random/relu1:0@2,3']
    """
    net, unit = given_unit(network, neuron)
    layer = unit.layer
    pool = net.module.get_submodule(layer.name)
    if not isinstance(pool, nn.MaxPool2d) or unit.position is None:
        raise UsageError(
            f"{str(unit)!r} is not a neuron of a MaxPool2d but of a {layer.op}"
            f"{' without a position' if unit.position is None else ''}.\n"
            "  Give one with its position, for example googlenet@distilled/maxpool1:7@10,10."
        )
    below = _pooled_layer(net, layer, pool)
    axes = []
    for axis, place in enumerate(unit.position):
        kernel, stride, padding, dilation = (
            size if isinstance(size, int) else size[axis]
            for size in (pool.kernel_size, pool.stride, pool.padding, pool.dilation)
        )
        first = place * stride - padding
        places = range(first, first + kernel * dilation, dilation)
        axes.append([at for at in places if 0 <= at < below.shape[1 + axis]])
    return tuple(replace(unit, layer=below, position=(y, x)) for y, x in product(*axes))


def _pooled_layer(network: Network, layer: LayerInfo, pool: nn.MaxPool2d) -> LayerInfo:
    """The layer nearest before `layer` whose output gives its output when pooled."""
    order = list(network.layers)
    before = [
        earlier
        for earlier in order[: order.index(layer)]
        if earlier.spatial and earlier.channels == layer.channels
    ]
    generator = torch.Generator().manual_seed(0)
    size = (1, network.input_channels, *network.input_size)
    noise = torch.rand(size, generator=generator).to(network.device)
    names = [*(earlier.name for earlier in before), layer.name]
    with torch.no_grad(), capture(network, names, after_activation=True) as outputs:
        network(noise)
        for earlier in reversed(before):
            pooled = F.max_pool2d(
                outputs[earlier.name],
                pool.kernel_size,
                pool.stride,
                pool.padding,
                pool.dilation,
                pool.ceil_mode,
            )
            if torch.equal(pooled, outputs[layer.name]):
                return earlier
    raise UsageError(
        f"what {layer.public_name!r} pools is the output of no layer.\n"
        "  Name the members yourself, for example 'conv1:7@10,10'."
    )
