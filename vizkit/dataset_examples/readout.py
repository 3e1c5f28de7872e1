"""What units respond to images with: each its maximum over positions, and where that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations.hooks import capture
from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.networks.reproducible import reproducible
from vizkit.unit import Unit


@dataclass(frozen=True, eq=False)
class Readout:
    """Units of one network and the layers that they are in.

    A response is taken after the ReLU that follows the layer, where there is one: of a channel the
    maximum over positions, of a neuron or a logit the value itself.

    Raises
    ------
    UsageError : a layer whose output is neither a map nor a list of channels.
    """

    network: Network
    units: Sequence[Unit]

    def __post_init__(self) -> None:
        for unit in self.units:
            if len(unit.layer.shape) not in (1, 3):
                raise UsageError(
                    f"{unit.layer.public_name} of {unit.source} gives {unit.layer.shape}, which is "
                    "neither a map C x H x W nor a list of channels.\n  Name another layer."
                )

    @property
    def layers(self) -> tuple[str, ...]:
        """Module paths of the layers, each once."""
        return tuple(dict.fromkeys(unit.layer.name for unit in self.units))

    def maps(self, images: Tensor) -> dict[str, Tensor]:
        """Outputs of the layers for images, B C H W in [0, 1]: B C h w or B C, by module path."""
        network = self.network
        with (
            torch.no_grad(),
            reproducible(network.device),
            capture(network, self.layers, after_activation=True) as activations,
        ):
            network(images)
            return {layer: activations[layer] for layer in self.layers}

    def read(self, maps: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Responses, float32, and their positions, int32, B x units, on the CPU.

        A position counts row by row through the map, the first one of several maxima; -1 without a
        map.
        """
        count = len(next(iter(maps.values())))
        values = torch.empty(count, len(self.units))
        positions = torch.full((count, len(self.units)), -1, dtype=torch.int32)
        for layer, output in maps.items():
            columns = [n for n, unit in enumerate(self.units) if unit.layer.name == layer]
            chosen = output[:, [self.units[n].channel for n in columns]].float()
            if chosen.ndim == 2:
                values[:, columns] = chosen.cpu()
                continue
            width = chosen.shape[3]
            flat = chosen.flatten(2)
            peaks, places = flat.max(2)
            for place, number in enumerate(columns):
                neuron = self.units[number].position
                if neuron is not None:
                    places[:, place] = neuron[0] * width + neuron[1]
                    peaks[:, place] = flat[:, place, neuron[0] * width + neuron[1]]
            values[:, columns] = peaks.cpu()
            positions[:, columns] = places.to(torch.int32).cpu()
        return values, positions
