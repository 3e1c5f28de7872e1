"""The neuron that stands for a channel where one position has to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.unit import Direction, Unit

if TYPE_CHECKING:
    from vizkit.networks.network import Network

_Unit = TypeVar("_Unit", Unit, Direction, Unit | Direction)


def middle_neuron(network: Network, unit: _Unit) -> _Unit:
    """The unit itself, or the neuron of a channel in the middle of the image.

    Examples
    --------
    >>> import vizkit
    >>> network = vizkit.load("lenet5")
    >>> middle_neuron(network, network.unit("c3:0")).address
    'lenet5@digits/c3:0@4,4'
    """
    if unit.position is not None or not unit.layer.spatial:
        return unit
    fields = fields_or_none(network)
    middle = fields and middle_position(fields.layer(unit.layer.name))
    return unit.at(middle or middle_of_map(*unit.layer.shape[1:]))
