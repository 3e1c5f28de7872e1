"""Metrics of pictures against planted truths: spectra, gratings, filters, statistics."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

import vizkit
from vizkit.errors import UsageError
from vizkit.evidence.changes import CHANGES, crop, shift
from vizkit.evidence.metrics.activation_ratio import activation_ratio
from vizkit.evidence.metrics.batchnorm import batchnorm
from vizkit.evidence.metrics.identification import identification
from vizkit.evidence.metrics.inside_field import inside_field
from vizkit.evidence.metrics.path import path
from vizkit.evidence.metrics.robustness import robustness
from vizkit.evidence.metrics.spectrum import spectrum
from vizkit.evidence.subject import Subject


def network(module: nn.Module, channels: int = 1, side: int = 64) -> vizkit.Network:
    plain = vizkit.Preprocessing((0.0,) * channels, (1.0,) * channels, (side, side))
    return vizkit.load(module.eval(), preprocessing=plain, name="planted")


def subject(
    module: nn.Module, pictures: Tensor, units: str = "0:0", photographs: Tensor | None = None
) -> Subject:
    net = network(module, pictures.shape[1], pictures.shape[2])
    return Subject(net, net.units(units), pictures, photographs)


def sums(filters: Tensor) -> nn.Sequential:
    """A network whose channels are products with `filters`, C 1 H W, and nothing else."""
    convolution = nn.Conv2d(filters.shape[1], len(filters), tuple(filters.shape[2:]), bias=False)
    convolution.weight.data = filters
    return nn.Sequential(convolution)


def colored_noise(exponent: float, count: int, side: int = 64) -> Tensor:
    """Gray pictures whose amplitude falls as the frequency to the power of `exponent`."""
    white = torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(1)).double()
    fy, fx = torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None]
    radius = (fy**2 + fx**2).sqrt().clamp(min=1 / side)
    pictures = torch.fft.irfft2(torch.fft.rfft2(white) / radius**exponent, s=(side, side))
    return (0.5 + 0.1 * pictures / pictures.std((2, 3), keepdim=True)).clamp(0, 1).float()


def grating(cycles: float, degrees: float, side: int = 64) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    turn = math.radians(degrees)
    phase = 2 * math.pi * cycles * (x * math.cos(turn) + y * math.sin(turn))
    return (0.5 + 0.4 * torch.sin(phase))[None, None].float()


ANY = sums(torch.ones(1, 1, 64, 64))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_slope_of_noise_is_the_one_that_was_made(exponent: float) -> None:
    pictures = colored_noise(exponent, 8)
    slopes = spectrum(many(pictures))
    assert slopes["slope"].mean() == pytest.approx(-exponent, abs=0.12)


def many(pictures: Tensor, photographs: Tensor | None = None) -> Subject:
    net = network(sums(torch.ones(len(pictures), 1, 64, 64)))
    return Subject(net, net.units(f"0:0-{len(pictures) - 1}"), pictures, photographs)


def test_distance_to_natural_is_least_for_what_has_their_spectrum() -> None:
    natural = colored_noise(1.0, 16)
    same, steep, white = (
        spectrum(many(colored_noise(exponent, 4), natural))["distance"].mean()
        for exponent in (1.0, 2.0, 0.0)
    )
    assert same < 0.3 * steep
    assert same < 0.3 * white


@pytest.mark.parametrize(("cycles", "share"), [(0.1, 0.0), (0.19, 0.0), (0.21, 1.0), (0.4, 1.0)])
def test_power_above_a_fifth_of_a_cycle_is_that_of_fine_gratings(
    cycles: float, share: float
) -> None:
    high = spectrum(subject(ANY, grating(cycles, 30)))["high"]
    assert float(high) == pytest.approx(share, abs=0.15 if 0.15 < cycles < 0.25 else 0.001)


@pytest.mark.parametrize(("degrees", "bias"), [(0, 1.0), (90, 1.0), (45, -1.0), (22.5, 0.0)])
def test_orientation_says_cardinal_or_oblique(degrees: float, bias: float) -> None:
    orientation = spectrum(subject(ANY, grating(0.15, degrees)))["orientation"]
    assert float(orientation) == pytest.approx(bias, abs=0.05)


def test_half_a_second_grating_makes_half_the_bias() -> None:
    both = (grating(0.15, 0) + grating(0.15, 45)) / 2
    assert float(spectrum(subject(ANY, both))["orientation"]) == pytest.approx(0, abs=0.02)


def test_robustness_is_the_response_after_over_before() -> None:
    module = sums(torch.ones(1, 1, 64, 64))
    picture = colored_noise(1.0, 1)
    kept = robustness(subject(module, picture))
    for name, change in CHANGES.items():
        if name == "hue":
            assert math.isnan(float(kept[name]))
        else:
            expected = float(change(picture).sum() / picture.sum())
            assert float(kept[name]) == pytest.approx(expected, rel=1e-5), name


def test_a_unit_of_fine_checks_loses_all_by_blur_and_one_of_the_mean_nothing() -> None:
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(32, 32)[None, None]
    picture = 0.5 + 0.4 * checks
    fine = robustness(subject(sums(checks), picture))
    mean = robustness(subject(sums(torch.ones_like(checks)), picture))
    assert float(fine["blur"]) < 0.01
    assert float(fine["half"]) < 0.05
    assert float(mean["blur"]) == pytest.approx(1, abs=0.01)


def test_no_response_leaves_nothing_to_keep() -> None:
    kept = robustness(subject(sums(torch.zeros(1, 1, 64, 64)), colored_noise(1.0, 1)))
    assert all(math.isnan(float(value)) for value in kept.values())


def test_shift_and_crop_are_exact() -> None:
    images = torch.arange(64.0 * 64).view(1, 1, 64, 64) / 4096
    assert torch.equal(shift(images)[:, :, 8:, 8:], images[:, :, :-8, :-8])
    # 176 of 224 is 50 of 64: seven pixels go on each side, so that a ramp keeps 50/64 of its slope.
    ramp = torch.arange(64.0).view(1, 1, 1, 64).expand(1, 1, 64, 64)
    slopes = crop(ramp)[0, 0, 32].diff()[2:-2]
    assert slopes.mean() == pytest.approx(50 / 64, rel=1e-4)


def test_activation_ratio_is_against_the_best_crop() -> None:
    module = sums(torch.ones(1, 1, 16, 16))
    photographs = torch.zeros(2, 1, 64, 64)
    photographs[1, :, 8:24, 8:24] = (
        0.5  # a crop that starts at 8, 8 is one of those half a side apart
    )
    ratio = activation_ratio(
        Subject(
            net := network(module, 1, 64), net.units("0:0"), torch.ones(1, 1, 16, 16), photographs
        )
    )
    assert float(ratio) == pytest.approx(2.0)


def test_batchnorm_of_planted_statistics() -> None:
    module = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 1, 1))
    module[0].running_mean.fill_(0.5)
    module[0].running_var.fill_(0.04)
    module[0].eps = 0.0
    # Half 0.4, half 1.0: mean 0.7 is one deviation off, deviation 0.3 is half of one too large.
    picture = torch.full((1, 1, 64, 64), 0.4)
    picture[..., 32:] = 1.0
    distance = batchnorm(subject(module, picture, "1:0"))
    assert float(distance) == pytest.approx(math.hypot(1.0, 0.5), rel=1e-5)


def test_batchnorm_leaves_no_hook_and_is_nan_without_any() -> None:
    module = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 1, 1))
    batchnorm(subject(module, torch.rand(1, 1, 64, 64), "1:0"))
    assert not module[0]._forward_pre_hooks
    assert math.isnan(float(batchnorm(subject(ANY, torch.rand(1, 1, 64, 64)))))


def test_identification_finds_the_unit_that_a_picture_is_made_for() -> None:
    filters = torch.randn(8, 1, 64, 64, generator=torch.Generator().manual_seed(2))
    net = network(sums(filters))
    pictures = (0.5 + 0.2 * filters[[3, 5]]).clamp(0, 1)
    natural = colored_noise(0.0, 20)
    assert identification(Subject(net, net.units("0:3,5"), pictures, natural)).tolist() == [1, 1]
    wrong = identification(Subject(net, net.units("0:5,3"), pictures, natural))
    assert float(wrong.max()) < 1


def test_all_of_the_gradient_lies_in_the_field() -> None:
    local = nn.Sequential(nn.Conv2d(1, 2, 5, padding=2), nn.ReLU(), nn.Conv2d(2, 1, 3, padding=1))
    for parameter in local.parameters():
        parameter.data = torch.full(parameter.shape, 0.1)  # no ReLU is silent
    picture = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    for units in ("2:0", "2:0@10,50"):
        assert float(inside_field(subject(local, picture, units))) == pytest.approx(1)


def test_what_the_fields_leave_out_is_seen() -> None:
    """A network that looks at 9 x 9 pixels where its field, calculated before, says 3 x 3."""
    module = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1))
    module[0].weight.data.fill_(1.0)
    picture = torch.full((1, 1, 64, 64), 0.5)
    small = subject(module, picture, "0:0@20,20")
    assert float(inside_field(small)) == pytest.approx(1)
    with pytest.MonkeyPatch.context() as patch:
        wide = nn.functional.conv2d
        patch.setattr(
            nn.Conv2d,
            "forward",
            lambda self, images: wide(images, self.weight.repeat(1, 1, 3, 3), self.bias, padding=4),
        )
        receptive = inside_field(small)
    assert 0.1 < float(receptive) < 0.12  # 9 of 81 pixels


def test_natural_crops_themselves_take_the_natural_path() -> None:
    generator = torch.Generator().manual_seed(3)
    module = nn.Sequential(
        nn.Conv2d(1, 12, 5), nn.ReLU(), nn.Conv2d(12, 12, 3), nn.ReLU(), nn.Conv2d(12, 2, 3)
    )
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3
    natural = colored_noise(1.0, 12)
    net = network(module)
    units = net.units("4:0")
    best = Subject(net, units, natural[:1], natural).top_crops(0)[:1]
    white = (0.5 + 0.3 * torch.randn(1, 1, 64, 64, generator=generator)).clamp(0, 1)
    near, far = (float(path(Subject(net, units, picture, natural))) for picture in (best, white))
    assert near == pytest.approx(1, abs=0.1)
    assert far < near


def test_a_unit_of_the_first_layer_has_no_path() -> None:
    assert math.isnan(float(path(many(colored_noise(1.0, 1), colored_noise(1.0, 6)))))


def test_pictures_and_units_must_match() -> None:
    net = network(ANY)
    with pytest.raises(UsageError, match="2 pictures were given of 1 units"):
        Subject(net, net.units("0:0"), torch.rand(2, 1, 64, 64))


def test_a_channel_and_its_neuron_have_cards_of_their_own() -> None:
    """Pictures of one layer and size, one of them measured over the map and one at a place."""
    renders = vizkit.render("lenet5", ["c3:1", "c3:1@4,4"], steps=2, size=32)
    both = vizkit.scorecard("lenet5", renders, images="digits")
    alone = [vizkit.scorecard("lenet5", render, images="digits")[0] for render in renders]
    assert [card.as_dict() for card in both] == [card.as_dict() for card in alone]


def test_responses_are_those_that_renders_report() -> None:
    renders = list(vizkit.render("lenet5", "c3:0-3", steps=2, size=32))
    net = vizkit.load("lenet5")
    pictures = torch.stack([render.image for render in renders])
    response = Subject(net, net.units("c3:0-3"), pictures).response
    assert response.tolist() == pytest.approx([render.final for render in renders], rel=1e-5)
