"""What units are made of: their weights over the channels of a layer before."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from vizkit.circuits.box import reached
from vizkit.circuits.neighbors import layer_before
from vizkit.circuits.path import Pass, Path, check_equal
from vizkit.circuits.result import Upstream
from vizkit.networks.given import Given, given_network, given_unit
from vizkit.networks.network import Network
from vizkit.networks.units import Named
from vizkit.receptive_fields.middle_neuron import middle_neuron
from vizkit.unit import Direction, Unit


def upstream(network: Given, unit: Named | Direction, *, to: str | None = None) -> Upstream:
    """Weights of `unit` over the channels of a layer before it, across all that lies between.

    Activation functions between the two pass values on, maximum pooling takes the mean; the sum
    over all ways is exact, across branches and residual links. Where nothing had to be replaced,
    the weights times the values of an image, plus `offset`, are the unit's response before its
    activation function, to rounding.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    unit : address of a channel, neuron or logit, or a direction. Of a channel, the neuron in the
        middle is looked at.
    to : a layer before it, or ``"input"``; by default the last one on the network's list of layers
        to show, which for GoogLeNet is the block before.

    Raises
    ------
    NotFoundError : no such network, layer or unit.
    UsageError : `to` does not come before the unit; or the way multiplies values of images with
        each other (attention, squeeze-and-excitation), so that it has no weights.

    Examples
    --------
    >>> found = upstream("lenet5", "c3:0")
    >>> found.layer_name, found.kernels.shape, found.removed
    ('c1', torch.Size([6, 10, 10]), {'tanh': 2})
    """
    net = given_network(network)
    asked = unit if isinstance(unit, Direction) else given_unit(net, unit)[1]
    return upstream_of(net, [asked], to)[0]


def upstream_of(
    network: Network, units: Sequence[Unit | Direction], to: str | None = None
) -> list[Upstream]:
    """`upstream` of several units of one layer, at the cost of little more than one."""
    layer = units[0].layer
    if to is None:
        start = layer_before(network, layer)
    else:
        start = None if to == "input" else network.layer(to)
    path = Path(network, start, layer)
    empty, noisy = Pass(path, noise=False), Pass(path, noise=True)
    found = []
    for unit in units:
        neuron = middle_neuron(network, unit)
        value = _read(empty.output, neuron)
        kernels, _, _ = empty.weights(value, unit.name)
        again, beside, removed = noisy.weights(_read(noisy.output, neuron), unit.name)
        check_equal(kernels, again, unit.name, path.start_name)
        y0, x0, y1, x1 = reached(kernels)
        found.append(
            Upstream(
                unit=unit,
                random=network.weights.random,
                layer=start,
                kernels=kernels[:, y0 : y1 + 1, x0 : x1 + 1].float().cpu(),
                corner=(y0, x0),
                removed=removed,
                offset=None if beside else value.item(),
            )
        )
    return found


def _read(output: Tensor, unit: Unit | Direction) -> Tensor:
    """The response of a neuron, a logit or a direction."""
    values = output[0]
    if unit.position is not None:
        values = values[:, unit.position[0], unit.position[1]]
    if isinstance(unit, Direction):
        return values @ values.new_tensor(unit.vector)
    return values[unit.channel]
