"""Alikeness of channels, of responses made by hand."""

import pytest
import torch

import vizkit
from vizkit.probing.families.likeness import Joint


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def test_what_all_channels_lose_as_an_image_shrinks_makes_none_alike():
    """Contrast falls with scale, and with it every response, whatever a channel looks for."""
    trend = torch.linspace(0, 6, 9, dtype=torch.float64)[:, None]
    unrelated = Joint.of(noise(64, 9, 12) + trend * noise(12, seed=1).abs(), circle=False)
    likeness = unrelated.likeness.amax(0).fill_diagonal_(0)
    assert likeness.max() < 0.4


def test_copies_are_alike_at_their_step_below_what_all_channels_lose():
    own = noise(64, 11, 1)
    responses = torch.cat([own[:, 1:10], own[:, :9]], 2) + 5 * torch.arange(9.0)[:, None]
    joint = Joint.of(responses, circle=False)
    likeness = joint.likeness[:, 0, 1]
    # At an image scaled by one step more the second answers as the first does.
    assert abs(int(joint.lags[likeness.argmax()])) == 1 and likeness.max() > 0.99


@pytest.mark.weights
def test_channels_of_vgg_are_not_scaled_copies_by_the_dozen():
    found = vizkit.families("vgg16@hed", "conv2_2", "scale", draws=39)
    assert max(map(len, found), default=0) < 8
