"""The field that a network would have without any preference: every weight the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vizkit.networks.network import Network
from vizkit.receptive_fields.effective.arguments import network_of, size_of
from vizkit.receptive_fields.effective.density import Density, aligned
from vizkit.receptive_fields.effective.uniform_pass import uniform_gradients
from vizkit.receptive_fields.effective.units import theoretical_boxes
from vizkit.unit import Position


@dataclass(frozen=True, eq=False)
class NullField(Density):
    """Exact field of units when all weights are equal and all pooling averages.

    Attributes
    ----------
    inside : share of the weight that stays on the map in every layer; 1 for a unit that no padding
        reaches. The rest is lost to padding with zeros.
    """

    inside: float

    def __repr__(self) -> str:
        height, width = self.field
        return f"<NullField: {self.size:.1f} px of {height} x {width}>"


def null_field(
    network: str | Network,
    layer: str,
    *,
    channels: Sequence[int] | None = None,
    positions: Sequence[Position] | None = None,
    input_size: int | Sequence[int] | None = None,
) -> NullField:
    """Field of the units of `layer` in the null model of `network`, in float64.

    A chain of layers gives the distribution of a sum of uniform numbers, which tends to a Gaussian;
    branches give a mixture of such. Weights, gains and nonlinearities of the network play no part.

    Parameters
    ----------
    network : or its name, such as ``"googlenet@distilled"``.
    layer : module path or alias.
    channels : by default all; those of a concatenated block can see different fields.
    positions : (y, x) in the layer's map; by default the middle, where the field is cut off least.
    input_size : side or (height, width) in pixels; by default the network's own. Where the field
        is larger than that, a larger input shows all of it.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError : the network has no such layer or units.

    Examples
    --------
    >>> import vizkit
    >>> found = null_field(vizkit.load("lenet5"), "c3", positions=[(2, 2)])
    >>> round(found.sigma[0] ** 2, 6), found.inside  # 2 + 0.25 + 4 * 2
    (10.25, 1.0)
    """
    network = network_of(network)
    size = size_of(input_size) or network.input_size
    return null_fields(network, {layer: positions}, channels=channels, input_size=size)[layer]


def null_fields(
    network: Network,
    layers: Mapping[str, Sequence[Position] | None],
    *,
    channels: Sequence[int] | None = None,
    input_size: tuple[int, int],
) -> dict[str, NullField]:
    """`null_field` of several layers, of the given positions of each, by one forward pass."""
    found = uniform_gradients(network, layers, input_size, channels)
    places = {layer: own.positions for layer, own in found.items()}
    boxes = theoretical_boxes(network, places, input_size, channels)
    fields = {}
    for layer, own in found.items():
        mean = aligned(own.maps, boxes[layer])
        inside = sum(own.inside) / len(own.inside)
        fields[layer] = NullField(mean.map, mean.center, mean.field, mean.visible, inside)
    return fields
