"""Gradients of units in the null model, and the share of the weight that stays on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.networks.network import Network
from vizkit.receptive_fields.effective.uniform_weights import UniformWeights
from vizkit.receptive_fields.effective.units import as_maps, central_positions, check_units
from vizkit.unit import Position


@dataclass(frozen=True, eq=False)
class UniformGradients:
    """Weights of the pixels for units of one layer.

    Attributes
    ----------
    grid : (height, width) of the layer's map.
    positions : (y, x) of the units.
    maps : H x W each, float64; what is not lost to padding sums to 1.
    """

    grid: tuple[int, int]
    positions: tuple[Position, ...]
    maps: tuple[Tensor, ...]

    @property
    def inside(self) -> tuple[float, ...]:
        """Share of each unit's weight that stays on the map, exactly 1 up to rounding."""
        sums = [float(each.sum()) for each in self.maps]
        return tuple(1.0 if abs(each - 1) < 1e-9 else each for each in sums)


def uniform_gradients(
    network: Network,
    layers: Mapping[str, Sequence[Position] | None],
    input_size: tuple[int, int],
    channels: Sequence[int] | None = None,
) -> dict[str, UniformGradients]:
    """Gradients of the mean of `channels` at the given, or middle, positions of each layer."""
    found: dict[str, UniformGradients] = {}
    whole: dict[str, float] = {}
    shape = (1, network.input_channels, *input_size)
    for lossless in (True, False):
        image = torch.ones(shape, dtype=torch.float64, device=network.device, requires_grad=True)
        acts = capture(network, list(layers))
        with torch.enable_grad(), acts, UniformWeights(lossless=lossless):
            network.module(image)
            for layer, asked in layers.items():
                outputs = as_maps(acts[layer])
                units, places = check_units(network, layer, outputs, channels, asked)
                grid = (outputs.shape[2], outputs.shape[3])
                mean = outputs[0, units].mean(0)
                # Without loss all positions of a layer weigh the same.
                places = central_positions(*grid)[:1] if lossless else places
                maps = [
                    torch.autograd.grad(mean[y, x], image, retain_graph=True)[0][0].sum(0).cpu()
                    for y, x in places
                ]
                if lossless:
                    whole[layer] = float(maps[0].sum())
                else:
                    maps = [each / whole[layer] for each in maps]
                    found[layer] = UniformGradients(grid, places, tuple(maps))
    return found
