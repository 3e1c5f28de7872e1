"""Mean squared distance of pixels from gray; taken off, pictures are of low contrast."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen


@dataclass(frozen=True, slots=True)
class SquaredContrast(Objective):
    """Mean squared difference from gray."""

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it is written."""
        return "l2"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        images = seen.images
        return (images - GRAY).square().flatten(1).mean(1)


def of_pictures(network: Network) -> SquaredContrast:  # noqa: ARG001
    """Objective of ``l2``."""
    return SquaredContrast()


OBJECTIVE = of_pictures
