"""The response along a direction in the channels of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen
from vizkit.unit import Direction


@dataclass(frozen=True, slots=True)
class DirectionObjective(Objective):
    """Product of the channels with a vector, mean over the map; a one-hot vector is a channel.

    Attributes
    ----------
    direction : the same for all pictures of a batch.
    """

    direction: Direction

    @property
    def layers(self) -> tuple[str, ...]:
        """The direction's layer."""
        return (self.direction.layer.name,)

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it was written."""
        return f"direction({self.direction.layer.public_name}, {self.direction.label})"

    def key(self, lane: int = 0) -> str:  # noqa: ARG002
        """By the numbers of the vector."""
        return self.direction.key

    def score(self, seen: Seen) -> Tensor:
        """Product with the vector, mean over the map."""
        response = seen[self.direction.layer.name]
        vector = _vector(self.direction.vector, response.device)
        return torch.einsum("bc...,c->b...", response, vector).flatten(1).mean(1)


@lru_cache(maxsize=16)
def _vector(numbers: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(numbers, device=device, dtype=torch.float32)


def of_file(network: Network, layer: str, file: str) -> DirectionObjective:
    """Direction of ``direction(LAYER, FILE.npy)``.

    Raises
    ------
    UsageError : the file holds no vector of as many numbers as the layer has channels.
    """
    place = network.layer(layer)
    try:
        vector = np.load(Path(file), allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file!r} cannot be read as a NumPy file: {error}") from None
    if vector.shape != (place.channels,) or not np.isfinite(vector.astype(float)).all():
        raise UsageError(
            f"{file!r} holds numbers of shape {vector.shape}; {place.public_name} has "
            f"{place.channels} channels.\n"
            "  Save one finite number per channel: numpy.save(file, v)."
        )
    numbers = tuple(float(number) for number in vector)
    return DirectionObjective(Direction(network.source, place, numbers, file))


OBJECTIVE = of_file
