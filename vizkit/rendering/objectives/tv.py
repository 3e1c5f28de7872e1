"""Total variation: how much neighboring pixels differ; taken off, pictures come out smooth."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen


@dataclass(frozen=True, slots=True)
class TotalVariation(Objective):
    """Mean absolute difference of neighbors, down plus right."""

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it is written."""
        return "tv"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        images = seen.images
        rows = (images[:, :, 1:] - images[:, :, :-1]).abs().flatten(1).mean(1)
        columns = (images[..., 1:] - images[..., :-1]).abs().flatten(1).mean(1)
        return rows + columns


def of_pictures(network: Network) -> TotalVariation:  # noqa: ARG001
    """Objective of ``tv``."""
    return TotalVariation()


OBJECTIVE = of_pictures
