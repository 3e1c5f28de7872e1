"""Mean distance of pixels from gray; taken off, pictures show little else than they must."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective
from vizkit.rendering.seen import Seen


@dataclass(frozen=True, slots=True)
class AbsoluteContrast(Objective):
    """Mean absolute difference from gray."""

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it is written."""
        return "l1"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        images = seen.images
        return (images - GRAY).abs().flatten(1).mean(1)


def of_pictures(network: Network) -> AbsoluteContrast:  # noqa: ARG001
    """Objective of ``l1``."""
    return AbsoluteContrast()


OBJECTIVE = of_pictures
