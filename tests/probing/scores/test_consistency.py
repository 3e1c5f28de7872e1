"""Consistency of classifiers over crops and single pixels."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.probing.planted import AdaptivePolyphase, BlurPool, classifier
from vizkit.errors import UsageError
from vizkit.probing.scores import agreement, crop_consistency, one_pixel_stability
from vizkit.probing.scores.consistency import best_class


class Centered(nn.Module):
    """Classes that are all as probable: each output without its mean over the images."""

    def __init__(self, network: nn.Module, images: torch.Tensor) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            outputs = network(8 * (images - 0.5))
        self.mean, self.std = outputs.mean(0), outputs.std(0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.network(8 * (x - 0.5)) - self.mean) / self.std


def textured(count: int, size: int, seed: int = 0) -> torch.Tensor:
    """Noise of every roughness, in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    parts = [
        functional.interpolate(
            torch.randn(count, 1, size // step + 1, size // step + 1, generator=generator),
            (size, size),
            mode="bicubic",
        )
        for step in (1, 2, 4, 8)
    ]
    whole = sum(parts)
    return (whole - whole.amin()) / (whole.amax() - whole.amin())


def test_adaptive_polyphase_pooling_is_consistent_without_any_training():
    # P29: the same class for every circular shift, of a network of random weights.
    network = classifier(lambda channels: AdaptivePolyphase(), circular=True)
    images = textured(6, 32).double()
    with torch.no_grad():
        first = best_class(network, images)
        for dy, dx in ((0, 1), (1, 0), (3, 5), (7, 2), (16, 31)):
            shifted = best_class(network, images.roll((dy, dx), (2, 3)))
            assert agreement(first, shifted).share.value == 1.0
    strided = classifier(lambda channels: nn.MaxPool2d(2), circular=True)
    with torch.no_grad():
        output, shifted = (strided(each) for each in (images, images.roll(1, 3)))
    assert not torch.allclose(output, shifted)


def test_blurred_pooling_is_more_consistent_than_max_pooling():
    # P30: the same weights, the same crops.
    images = textured(200, 48)
    shares = {}
    for name, pool in (("max", lambda channels: nn.MaxPool2d(2)), ("blur", BlurPool)):
        network = Centered(classifier(pool, circular=False).float(), images)
        crops = crop_consistency(network, images, span=16, pairs=3)
        pixels = one_pixel_stability(network, images, span=16, pairs=3)
        assert crops.chance < 0.9, "it says the same of everything"
        shares[name] = crops.share.value, pixels.share.value
    assert shares["blur"][0] > shares["max"][0]
    assert shares["blur"][1] > shares["max"][1]


def test_a_network_that_says_the_same_of_everything_is_at_chance():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 3))
    with torch.no_grad():
        network[2].weight.zero_()
    found = crop_consistency(network, textured(5, 24), span=8)
    assert found.share.value == found.chance == 1.0
    assert found.share.low < 1 and found.changes == 0


def test_the_same_crops_every_time_and_the_network_untouched():
    network = classifier(BlurPool, circular=False).float().train()
    state = torch.get_rng_state()
    images = textured(20, 40)
    first = crop_consistency(network, images, span=8, seed=3)
    assert first == crop_consistency(network, images, span=8, seed=3)
    assert network.training and torch.equal(torch.get_rng_state(), state)


def test_the_neighboring_crop_is_one_pixel_away():
    size, seen = 12, []

    class Place(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x[:, 0, 0, 0])
            return x.flatten(1)

    places = torch.arange(size * size, dtype=torch.float32).view(1, 1, size, size)
    one_pixel_stability(Place(), places.expand(8, -1, -1, -1) / 1000, span=5)
    steps = ((seen[1] - seen[0]) * 1000).abs().round().tolist()
    assert set(steps) <= {1.0, size} and len(steps) == 8


def test_what_cannot_be_compared():
    with pytest.raises(UsageError, match="names no classes"):
        crop_consistency(nn.Conv2d(1, 2, 3), textured(2, 16), span=4)
    with pytest.raises(UsageError, match="no crops that are 16 pixels smaller"):
        crop_consistency(nn.Flatten(), textured(2, 16), span=16)
    with pytest.raises(UsageError, match="span=2 leaves no pixel"):
        one_pixel_stability(nn.Flatten(), textured(2, 16), span=2)
    with pytest.raises(UsageError, match="are no pairs"):
        agreement(torch.zeros(2), torch.zeros(3))
