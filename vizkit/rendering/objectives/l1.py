"""Mean distance of pixels from gray; taken off, pictures show little else than they must."""

from __future__ import annotations

from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.rendering.objective import OfPictures
from vizkit.rendering.seen import Seen


class AbsoluteContrast(OfPictures):
    """Mean absolute difference from gray."""

    text = "l1"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        return (seen.images - GRAY).abs().flatten(1).mean(1)


OBJECTIVE = AbsoluteContrast
