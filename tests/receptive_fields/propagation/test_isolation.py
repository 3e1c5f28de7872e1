"""Operators without a rule, and choices by constants, against trying every pixel."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from tests.receptive_fields.ground_truth.every_pixel import influences
from vizkit.receptive_fields import receptive_field


class After(nn.Module):
    """A padded convolution and then `do`, which may take a constant and filters."""

    def __init__(self, do, *constants: Tensor) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.do = do
        for number, each in enumerate(constants):
            self.register_buffer(f"constant{number}", each)

    def forward(self, x: Tensor) -> Tensor:
        return self.do(self.conv(x), *self.buffers())


def _put(y: Tensor) -> Tensor:
    y = y.clone()
    y[:, :, [1, 2]] = 0
    return y


SHIFTED = F.affine_grid(torch.tensor([[[1.0, 0, 0.35], [0, 1, -0.2]]]), (1, 1, 9, 9), False)
CASES = {
    "grid_sample": ("measured", lambda y, g: F.grid_sample(y, g, align_corners=False), [SHIFTED]),
    "deform_conv2d": (
        "measured",
        deform_conv2d,
        [torch.full((1, 18, 7, 7), 2.0), torch.ones(2, 2, 3, 3)],
    ),
    "index_put": ("measured", _put, []),
    "index_fill": ("measured", lambda y, i: y.index_fill(2, i, 0.0), [torch.tensor([1, 2])]),
    "cdist": ("measured", lambda y: torch.cdist(y, y), []),
    "complex": ("measured", lambda y: torch.view_as_real(torch.complex(y, y)).sum(-1), []),
    "where": ("exact", lambda y: torch.where(torch.arange(9) > 4, y, y.flip(3)), []),
    "masked_fill": ("exact", lambda y, m: y.masked_fill(m, 0.0), [torch.arange(9) > 6]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_every_pixel_shows(name):
    status, do, constants = CASES[name]
    torch.manual_seed(0)
    net, image = After(do, *constants).eval(), torch.rand(1, 1, 9, 9)
    fields = receptive_field(net, (1, 9, 9))
    assert fields.layer("").status == status
    truth = influences(net, image)[("", 0)]
    for unit in np.ndindex(*truth.shape[:-2]):
        rows, columns = np.where(truth[unit])
        box = (rows.min(), columns.min(), rows.max(), columns.max()) if len(rows) else None
        assert fields.unit("", unit[0], unit[1:]).clipped == box, unit
    for unit in ((0, 0, 0), (1, 3, 5)):
        np.testing.assert_array_equal(fields.unit("", unit[0], unit[1:]).pixels, truth[unit])


def test_addresses_made_from_the_image_may_be_any():
    class Warped(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            grid = x[:, :2].permute(0, 2, 3, 1)
            return F.grid_sample(x, grid, align_corners=False)

    unit = receptive_field(Warped().eval(), (3, 8, 8)).unit("", 0, (0, 0))
    assert unit.clipped == (0, 0, 7, 7)
