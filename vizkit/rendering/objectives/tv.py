"""Total variation: how much neighboring pixels differ; taken off, pictures come out smooth."""

from __future__ import annotations

from torch import Tensor

from vizkit.rendering.objective import OfPictures
from vizkit.rendering.seen import Seen


class TotalVariation(OfPictures):
    """Mean absolute difference of neighbors, down plus right."""

    text = "tv"

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        images = seen.images
        rows = (images[:, :, 1:] - images[:, :, :-1]).abs().flatten(1).mean(1)
        columns = (images[..., 1:] - images[..., :-1]).abs().flatten(1).mean(1)
        return rows + columns


OBJECTIVE = TotalVariation
