"""What units are made of: their weights over the channels of a layer before."""

from __future__ import annotations

from torch import Tensor

from vizkit.circuits.box import reached
from vizkit.circuits.path import Pass, Path, check_equal
from vizkit.circuits.result import Upstream
from vizkit.networks.given import Given, given_network, given_unit
from vizkit.networks.layers.order import shown_before
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
    if to is None:
        start = next(shown_before(net.layers, asked.layer), None)
    else:
        start = None if to == "input" else net.layer(to)
    path = Path(net, start, asked.layer)
    neuron = middle_neuron(net, asked)
    empty, noisy = Pass(path, noise=False), Pass(path, noise=True)
    value = _read(empty.output, neuron)
    kernels, _, _ = empty.weights(value, asked.name)
    again, beside, removed = noisy.weights(_read(noisy.output, neuron), asked.name)
    check_equal(kernels, again, asked.name, path.start_name)
    y0, x0, y1, x1 = reached(kernels)
    return Upstream(
        unit=asked,
        random=net.weights.random,
        layer=start,
        kernels=kernels[:, y0 : y1 + 1, x0 : x1 + 1].float().cpu(),
        corner=(y0, x0),
        removed=removed,
        offset=None if beside else value.item(),
    )


def _read(output: Tensor, unit: Unit | Direction) -> Tensor:
    """The response of a neuron, a logit or a direction."""
    values = output[0]
    if unit.position is not None:
        values = values[:, unit.position[0], unit.position[1]]
    if isinstance(unit, Direction):
        return values @ values.new_tensor(unit.vector)
    return values[unit.channel]
