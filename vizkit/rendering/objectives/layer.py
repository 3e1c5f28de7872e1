"""The energy of a whole layer, which makes what it sees in a picture stronger (DeepDream)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen


@dataclass(frozen=True, slots=True)
class LayerObjective(Objective):
    """Mean square of all responses of a layer (Mordvintsev, Olah, Tyka: Inceptionism, 2015)."""

    source: str
    layer: LayerInfo

    @property
    def layers(self) -> tuple[str, ...]:
        """The layer."""
        return (self.layer.name,)

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it was written."""
        return f"layer({self.layer.public_name})"

    def key(self, lane: int = 0) -> str:  # noqa: ARG002
        """By module path."""
        return f"{self.source}/layer({self.layer.name})"

    def score(self, seen: Seen) -> Tensor:
        """Mean square."""
        return seen[self.layer.name].square().flatten(1).mean(1)


def of_layer(network: Network, layer: str) -> LayerObjective:
    """Objective of ``layer(LAYER)``."""
    return LayerObjective(network.source, network.layer(layer))


OBJECTIVE = of_layer
