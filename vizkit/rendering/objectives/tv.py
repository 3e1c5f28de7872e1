"""Total variation: how much neighboring pixels differ; taken off, pictures come out smooth."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from vizkit.rendering.objective import OfPictures


def total_variation(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbors, down plus right, of each picture."""
    rows = (images[:, :, 1:] - images[:, :, :-1]).abs().flatten(1).mean(1)
    columns = (images[..., 1:] - images[..., :-1]).abs().flatten(1).mean(1)
    return rows + columns


OBJECTIVE = partial(OfPictures, "tv", total_variation)
