"""What a job says before any picture is painted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Recipe
from vizkit.errors import RenderError
from vizkit.rendering import UnitsFailedError


class Hungry(nn.Module):
    """A network that finds no memory for pictures of another size than its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, images: Tensor) -> Tensor:
        if images.shape[-1] > 40:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        out: Tensor = self.conv(images)
        return out


def test_units_fail_where_not_even_one_picture_fits() -> None:
    net = wrap(nets.seeded(Hungry()))
    with pytest.raises(UnitsFailedError, match="does not fit the memory") as failed:
        vizkit.render(net, "conv:0-1", size=64, recipe=Recipe(steps=1))
    assert len(failed.value.failed) == 2


def test_a_position_that_cannot_be_checked_is_not_painted() -> None:
    net = wrap(nets.seeded(Hungry()))
    with pytest.raises(RenderError, match="64 x 64 pixels does not fit the memory"):
        vizkit.render(net, "conv:0@3,4", size=64, recipe=Recipe(steps=1))
