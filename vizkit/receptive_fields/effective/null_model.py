"""The field that a network would have without any preference: every weight the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.receptive_fields.effective.density import Density, mean_density
from vizkit.receptive_fields.effective.uniform_weights import UniformWeights
from vizkit.receptive_fields.effective.units import (
    as_maps,
    central_positions,
    check_units,
    size_of,
    theoretical_boxes,
)
from vizkit.result import Result
from vizkit.unit import Position


@dataclass(frozen=True, eq=False, repr=False)
class NullField(Density, Result):
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

    def __str__(self) -> str:
        return f"null model\n{self.table()}"

    def as_dict(self) -> dict[str, Any]:
        """Its measures in pixels."""
        return {"inside": self.inside, **self.measures()}


def null_field(
    network: Given,
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
    network : a name such as ``"googlenet@distilled"``, what `vizkit.load` returned, or a module.
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
    >>> field = null_field("lenet5", "c3", positions=[(2, 2)])
    >>> round(field.sigma[0] ** 2, 6), field.inside  # 2 + 0.25 + 4 * 2
    (10.25, 1.0)
    """
    network = given_network(network)
    size = size_of(input_size) or network.input_size
    return null_fields(network, {layer: positions}, channels=channels, input_size=size)[layer]


def null_fields(
    network: Network,
    layers: Mapping[str, Sequence[Position] | None],
    *,
    channels: Sequence[int] | None = None,
    input_size: tuple[int, int],
) -> dict[str, NullField]:
    """`null_field` of several layers, of the given positions of each, by two forward passes."""
    shape = (1, network.input_channels, *input_size)
    weight: dict[str, float] = {}
    positions: dict[str, tuple[Position, ...]] = {}
    maps: dict[str, list[Tensor]] = {}
    for lossless in (True, False):
        image = torch.ones(shape, dtype=torch.float64, device=network.device, requires_grad=True)
        acts = capture(network, list(layers))
        with torch.enable_grad(), acts, UniformWeights(lossless=lossless):
            network.module(image)
            for layer, places in layers.items():
                outputs = as_maps(acts[layer])
                units, positions[layer] = check_units(network, layer, outputs, channels, places)
                # Without loss all positions of a layer weigh the same.
                middle = central_positions(outputs.shape[2], outputs.shape[3])[:1]
                mean = outputs[0, units].mean(0)
                maps[layer] = [
                    torch.autograd.grad(mean[y, x], image, retain_graph=True)[0][0].sum(0).cpu()
                    for y, x in (middle if lossless else positions[layer])
                ]
                if lossless:
                    weight[layer] = float(maps[layer][0].sum())
    boxes = theoretical_boxes(network, positions, input_size, channels)
    fields = {}
    for layer in layers:
        shares = [weights / weight[layer] for weights in maps[layer]]
        inside = sum(map(_inside, shares)) / len(shares)
        fields[layer] = NullField(**vars(mean_density(shares, boxes[layer])), inside=inside)
    return fields


def _inside(shares: Tensor) -> float:
    """Share of a unit's weight that stays on the map, exactly 1 up to rounding."""
    share = float(shares.sum())
    return 1.0 if abs(share - 1) < 1e-9 else share
