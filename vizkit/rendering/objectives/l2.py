"""Mean squared distance of pixels from gray; taken off, pictures are of low contrast."""

from __future__ import annotations

from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.rendering.objective import OfPictures
from vizkit.rendering.seen import Seen


class SquaredContrast(OfPictures):
    """Mean squared difference from gray."""

    text = "l2"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        return (seen.images - GRAY).square().flatten(1).mean(1)


OBJECTIVE = SquaredContrast
