"""Objectives: one score per image from a layer's activations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Target:
    """Units of one layer, one per image of a batch.

    Attributes
    ----------
    channels : B, channel of each image's unit.
    positions : B x 2, (y, x) of each neuron; None for whole channels.
    rectified : True when the network's next operation on the layer is a ReLU; the response is then
        what passes it.
    """

    channels: Tensor
    positions: Tensor | None
    rectified: bool

    def maps(self, activations: Tensor) -> Tensor:
        """Activations of each image's own unit before the ReLU, B x H x W (B x 1 x 1 for logits).

        Parameters
        ----------
        activations : output of the layer, B C H W or B C.
        """
        own = activations[torch.arange(len(activations), device=activations.device), self.channels]
        if own.dim() == 1:
            return own[:, None, None]
        if own.dim() == 2:  # B C L, a sequence
            return own[:, None, :]
        if self.positions is None:
            return own
        rows = torch.arange(len(own), device=own.device)
        return own[rows, self.positions[:, 0], self.positions[:, 1]][:, None, None]

    def take(self, units: list[int]) -> Target:
        """Target of some of these units, in that order; a unit may come more than once."""
        positions = None if self.positions is None else self.positions[units]
        return Target(self.channels[units], positions, self.rectified)


def respond(target: Target, activations: Tensor) -> Tensor:
    """Response map of each image's unit: what passes the ReLU where there is one, B x H x W."""
    maps = target.maps(activations).float()
    return maps.clamp(min=0) if target.rectified else maps
