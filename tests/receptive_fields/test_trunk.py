"""The rows to read first, and depth, on networks whose papers say both."""

import pytest
import torch
from torch import nn

from vizkit.receptive_fields import receptive_field
from vizkit.receptive_fields.trunk import depths, trunk


@pytest.mark.parametrize(
    ("network", "depth"),
    [("lenet5", 5), ("alexnet", 8), ("vgg16", 16), ("googlenet", 22), ("resnet50", 50)],
)
def test_depth_is_that_of_the_name(network, depth):
    assert max(depths(receptive_field(network)).values()) == depth


def test_residual_blocks_are_one_row_each():
    names = [row.name for row in trunk(receptive_field("resnet50"))]
    blocks = [f"layer{i + 1}.{j}" for i, count in enumerate((3, 4, 6, 3)) for j in range(count)]
    assert names == ["conv1", "maxpool", *blocks, "avgpool", "fc"]


def test_a_plain_network_shows_convolutions_pools_and_linear_layers():
    ops = [row.op for row in trunk(receptive_field("vgg16"))]
    expected = "CC P CC P CCC P CCC P CCC P LLL".replace(" ", "")
    letters = {"Conv2d": "C", "MaxPool2d": "P", "Linear": "L"}
    assert "".join(letters[op] for op in ops) == expected


def test_of_blocks_within_blocks_the_innermost():
    names = [row.name for row in trunk(receptive_field("densenet121"))]
    assert sum(".denselayer" in name for name in names) == 6 + 12 + 24 + 16
    assert "features.denseblock1" in names  # its channels see patches of all sizes


def test_branches_outside_of_blocks_are_all_shown():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 5, padding=2)
            self.act = nn.ReLU()

        def forward(self, x):
            return torch.cat([self.act(self.a(x)), self.act(self.b(x))], 1)

    assert [row.name for row in trunk(receptive_field(Two().eval(), 16))] == ["a", "b", "cat"]


def test_of_another_source_only_what_is_behind_it():
    fields = receptive_field("alexnet").relative_to("conv3")
    assert [row.name for row in trunk(fields)][:2] == ["features.6", "features.8"]
