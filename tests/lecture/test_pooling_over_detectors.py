"""A unit over detectors of turned fives: what training made of it, counted in another way."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import rotate

import vizkit
from diagrams.pooled_detectors import interval, pooled_detectors


@pytest.fixture(autouse=True)
def threads():
    """The recipe asks for one thread, for a process of its own."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def page(recipe):
    return recipe("pooling_over_detectors")


def test_images_are_turned_by_up_to_75_degrees(page):
    line = torch.zeros(200, 1, 32, 32)
    line[:, :, 4:28, 15:17] = 1
    turned = page.turned(line, torch.Generator().manual_seed(0))
    y, x = torch.meshgrid(torch.arange(32.0) - 15.5, torch.arange(32.0) - 15.5, indexing="ij")
    moments = [(turned[:, 0] * part).sum((1, 2)) for part in (x * x - y * y, x * y)]
    angles = torch.rad2deg(torch.atan2(2 * moments[1], moments[0])) / 2
    from_upright = 90 - angles.abs()
    assert from_upright.max() <= 76 and from_upright.max() > 65
    assert from_upright.min() < 5


def test_the_unit_is_the_largest_of_its_detectors(page):
    unit = page.Maxout().eval()
    images = torch.rand(5, 1, 32, 32)
    weight, bias = unit.detectors.weight.detach()[:, 0], unit.detectors.bias.detach()
    expected = torch.einsum("nyx,kyx->nk", images[:, 0], weight) + bias
    assert torch.allclose(unit(images), expected.amax(1), atol=1e-5)


def test_detectors_share_the_angles_and_the_maximum_stays(printed, page, monkeypatch, tmp_path):
    # The start that the page ends up with, alone: the whole takes three quarters of a minute.
    train, found = page.train, []

    def only(start: int, steps: int):
        found.append(train(4, steps))
        return found[-1]

    monkeypatch.setattr(page, "train", only)
    monkeypatch.setattr(page, "STARTS", 1)
    out = printed("pooling_over_detectors")
    unit = found[0][0]
    images, classes = vizkit.digits(held_out=True)
    fives = images[classes == 5][:, 0].numpy()
    weights = unit.detectors.weight.detach()[:, 0].numpy()
    biases = unit.detectors.bias.detach().numpy()
    curves = []
    for angle in range(-75, 76, 5):
        turned = np.stack([rotate(each, angle, reshape=False, order=1) for each in fives])
        curves.append((turned[:, None] * weights).sum((2, 3)) + biases)
    responses = np.stack(curves, 1)
    pooled = responses.max(2).mean(0)
    half = [(c >= c.max() / 2).mean() for c in (*responses.mean(0).T, pooled)]
    # A detector alone has less than half of the angles, the maximum nearly all.
    assert max(half[:3]) < 0.45
    assert min(half[:3]) > 0.15
    assert half[3] > 0.9
    assert len(set(responses.mean(0).argmax(0) // 5)) == 3, "each its own angles"
    wins = [np.mean(responses.argmax(2) == number) for number in range(3)]
    assert min(wins) > 0.2
    assert (responses.max(2) > 0).mean() > 0.95
    # The page says the same, from rotations of vizkit's own.
    said = re.search(r"maximum +(\d+)% of the angles", out)
    assert float(said[1]) / 100 == pytest.approx(half[3], abs=0.07)
    (share,) = re.findall(r"([\d.]+)% of the fives", out)
    assert float(share) / 100 == pytest.approx((responses.max(2) > 0).mean(), abs=0.02)
    (alarms,) = re.findall(r"([\d.]+)% of the 323 other digits", out)
    assert float(alarms) < 6
    with Image.open(tmp_path / "pooling_over_detectors.png") as image:
        assert image.width > 1500


def test_figure_says_how_far_the_maximum_stays():
    values = (0, 90, 180, 270)
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 32))
    plain = vizkit.Preprocessing((0.0,), (1.0,), (32, 32))
    network = vizkit.load(module, preprocessing=plain, name="two")
    found = vizkit.carriers(network, "0:0-1", images=vizkit.digits()[0][:4], values=values)
    figure = pooled_detectors(found, module[0].weight.detach()[:, 0])
    mean = found.pooled.mean(0)
    kept = sum(1 for value in mean.tolist() if value >= mean.max() / 2) / 4
    assert f"at {100 * kept:.0f} % of the values" in figure.get_suptitle()


def test_interval_holds_the_mean():
    generator = torch.Generator().manual_seed(1)
    drawn = torch.randn(400, 1, generator=generator)
    low, high = interval(drawn)
    assert low < drawn.mean() < high
    # 1.96 standard errors to each side.
    assert float(high - low) == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.15)
