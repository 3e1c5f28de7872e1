from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import vizkit
from vizkit.images.preprocessing import Preprocessing, imagenet_preprocessing
from vizkit.images.sets.noise import noise
from vizkit.networks.random_state import isolated_rng
from vizkit.networks.weights.random_weights import randomize

SMALL = Preprocessing((0.5,) * 3, (0.5,) * 3, (32, 32))


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, groups=4),
        nn.BatchNorm2d(64, momentum=None),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(64, 400),
    )


def test_weights_have_the_deviation_of_he_and_biases_are_zero() -> None:
    module = net()
    randomize(module, SMALL)
    for layer, fan_in in ((module[0], 27), (module[3], 8 * 9), (module[9], 64)):
        weight = layer.weight
        # The deviation of n numbers is known to 1 part in sqrt(2n); four of these are allowed.
        allowed = 4 / (2 * weight.numel()) ** 0.5
        assert weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=allowed)
    assert not module[3].bias.any()
    assert not module[9].bias.any()


def test_every_norm_puts_out_the_same_distribution_on_the_noise_batch() -> None:
    module = net()
    randomize(module, SMALL)
    generator = torch.Generator().manual_seed(0)
    for layer in module:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            torch.randn(layer.weight.shape, generator=generator)
    batch = SMALL(noise(3, (32, 32), generator)).float()
    for upto in (2, 5):
        out = module[:upto](batch)
        torch.testing.assert_close(
            out.mean((0, 2, 3)), torch.zeros(out.shape[1]), atol=2e-3, rtol=0
        )
        torch.testing.assert_close(out.var((0, 2, 3)), torch.ones(out.shape[1]), atol=2e-3, rtol=0)


def test_the_network_is_otherwise_as_before() -> None:
    module = net()
    randomize(module, SMALL)
    assert module[1].momentum == 0.1
    assert module[4].momentum is None
    assert not any(part.training for part in module.modules())
    assert all(p.dtype == torch.float32 and p.requires_grad for p in module.parameters())


def test_the_same_seed_gives_the_same_weights_whatever_was_there_and_however_many_threads() -> None:
    first, second = net(), net()
    randomize(first, SMALL)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if threads > 1 else 2)
        with torch.no_grad():
            second[0].weight.fill_(3)
            second[1].running_mean.fill_(7)
        randomize(second, SMALL)
    finally:
        torch.set_num_threads(threads)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    other = copy.deepcopy(first)
    randomize(other, SMALL, seed=1)
    assert not torch.equal(first[0].weight, other[0].weight)


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    randomize(net_made_elsewhere := net(), SMALL)
    torch.set_rng_state(before)
    randomize(net_made_elsewhere, SMALL)
    assert torch.equal(torch.get_rng_state(), before)
    with isolated_rng():
        drawn = torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
    with isolated_rng():
        assert torch.equal(torch.rand(3), drawn)
    with pytest.raises(KeyboardInterrupt), isolated_rng():
        torch.rand(3)
        raise KeyboardInterrupt
    assert torch.equal(torch.get_rng_state(), before)


def test_noise_is_made_of_images() -> None:
    images = noise(3, (48, 40), torch.Generator().manual_seed(0))
    assert images.shape[1:] == (3, 48, 40)
    assert 0 <= images.min() < 0.2 < 0.8 < images.max() <= 1


def test_no_deep_unit_of_random_googlenet_is_silent_on_photographs() -> None:
    from skimage import data

    network = vizkit.load("googlenet@random")
    photos = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    images = torch.cat([network.prepare(photo) for photo in photos])
    peaks: dict[str, torch.Tensor] = {}
    for name, module in network.module.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(
                lambda _m, _i, out, name=name: peaks.update({name: out.amax((0, 2, 3))})
            )
    with torch.no_grad():
        network(images)
    silent = sum(int((peak <= 0).sum()) for peak in peaks.values())
    units = sum(len(peak) for peak in peaks.values())
    assert units == 7280
    # Four photographs are few; torchvision's own initialization silences thousands.
    assert silent / units < 0.001, f"{silent} of {units}"


def test_imagenet_preprocessing_is_the_published_one() -> None:
    from torchvision.models import GoogLeNet_Weights

    published = GoogLeNet_Weights.DEFAULT.transforms()
    own = imagenet_preprocessing()
    assert [*own.mean, *own.std] == [*published.mean, *published.std]
    assert [own.resize, *own.input_size] == [*published.resize_size, *published.crop_size * 2]
