"""Channels that prefer one image, on planted responses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import vizkit
from computations.preference import preferred_channels
from vizkit.errors import LayerNotFoundError, UsageError


def colors(weights: list[list[float]]) -> vizkit.Network:
    """Network whose channels weigh red, green and blue."""
    layer = nn.Conv2d(3, len(weights), 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights)[:, :, None, None])
    own = vizkit.Preprocessing(mean=(0.0,) * 3, std=(1.0,) * 3, input_size=(4, 4))
    module = nn.Sequential(layer, nn.ReLU(), nn.Flatten(), nn.Linear(16 * len(weights), 3))
    return vizkit.load(module, name="colors", preprocessing=own)


def plain(*rgb: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(rgb, dtype=torch.float32)[:, :, None, None].expand(-1, -1, 4, 4)


PURE = plain((1, 0, 0), (0, 1, 0), (0, 0, 1))


def test_each_color_gets_its_channel():
    net = colors([[0, 0, 1], [5, 5, 5], [0, 1, 0], [1, 0, 0]])
    # Channel 1 answers all of them most, and prefers none.
    assert preferred_channels(net, PURE, ["0", "1"]) == {"0": (3, 2, 0), "1": (3, 2, 0)}
    assert preferred_channels(net, PURE, ["0"], first=2) == {"0": (3, 2)}


def test_no_channel_twice_and_negative_responses_count_as_none():
    net = colors([[3, 2, 0], [0, 1, 0], [0, -9, 1]])
    # Red takes channel 0: 3 - (2 + 0)/2 = 2. Green would too, at 2 - 3/2, less than 1 of channel 1.
    assert preferred_channels(net, PURE, ["0"]) == {"0": (0, 1, 2)}
    twice = plain((1, 0, 0), (1, 0, 0), (0, 0, 0))
    net = colors([[2, 0, 0], [1, 0, 0], [0, 0, 1]])
    assert preferred_channels(net, twice, ["0"], first=2) == {"0": (0, 1)}


def test_what_cannot_be_chosen():
    net = colors([[1, 0, 0], [0, 1, 0]])
    with pytest.raises(UsageError, match="2 channels, fewer than 3 images"):
        preferred_channels(net, PURE, ["0"])
    with pytest.raises(UsageError, match="for 1 of 1 images"):
        preferred_channels(net, PURE[:1], ["0"])
    with pytest.raises(UsageError, match="for 4 of 3 images"):
        preferred_channels(net, PURE, ["0"], first=4)
    with pytest.raises(LayerNotFoundError):
        preferred_channels(net, PURE, ["9"], first=1)
