"""The response of a unit: a channel's mean over the map, a neuron's or a logit's value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen
from vizkit.unit import Unit


@dataclass(frozen=True, slots=True)
class UnitObjective(Objective):
    """Response of each picture's own unit, after the ReLU where there is one.

    Attributes
    ----------
    units : one per picture, all of one layer, and all neurons or none.
    """

    units: tuple[Unit, ...]
    may_be_silent: ClassVar[bool] = True

    @property
    def layers(self) -> tuple[str, ...]:
        """The units' layer."""
        return (self.units[0].layer.name,)

    def name(self, lane: int = 0) -> str:
        """Layer, channel and position of a unit."""
        return self.units[lane].name

    def key(self, lane: int = 0) -> str:
        """Address of a unit by module path."""
        return self.units[lane].key

    def take(self, lanes: Sequence[int]) -> UnitObjective:
        """Those of these units."""
        return UnitObjective(tuple(self.units[lane] for lane in lanes))

    def score(self, seen: Seen) -> Tensor:
        """Mean over the map."""
        return self.maps(seen).mean(dim=(1, 2))

    def measure(self, seen: Seen) -> tuple[Tensor, Tensor]:
        """Mean and maximum over the map."""
        maps = self.maps(seen)
        return maps.mean(dim=(1, 2)), maps.amax(dim=(1, 2))

    def strongest(self, seen: Seen) -> Tensor | None:
        """Mean over the map of the layer's strongest channel; of neurons, at their place."""
        (layer,) = self.layers
        if not self.units[0].layer.spatial:
            return None
        channels = seen[layer]
        _, positions = _places(self.units, channels.device)
        if positions is None:
            return channels.mean(dim=(2, 3)).amax(1)
        images = torch.arange(len(channels), device=channels.device)
        return channels[images, :, positions[:, 0], positions[:, 1]].amax(1)

    def maps(self, seen: Seen) -> Tensor:
        """Response map of each unit, B x H x W; B x 1 x 1 for neurons and logits."""
        (layer,) = self.layers
        activations = seen.raw(layer)  # B C H W, B C, or B C L of a sequence
        channels, positions = _places(self.units, activations.device)
        images = torch.arange(len(activations), device=activations.device)
        maps = activations[images, channels]
        if maps.dim() < 3:
            maps = maps[:, None, None] if maps.dim() == 1 else maps[:, None, :]
        elif positions is not None:
            maps = maps[images, positions[:, 0], positions[:, 1]][:, None, None]
        return seen.response(layer, maps)


@lru_cache(maxsize=16)
def _places(units: tuple[Unit, ...], device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Channels, and positions of neurons, of `units`; kept, as every step asks for them."""
    channels = torch.tensor([unit.channel for unit in units], device=device)
    if units[0].position is None:
        return channels, None
    return channels, torch.tensor([unit.position for unit in units], device=device)


def of_address(network: Network, address: str) -> UnitObjective:
    """Objective of the one unit that an address names."""
    return UnitObjective((network.unit(address),))


OBJECTIVE = of_address
