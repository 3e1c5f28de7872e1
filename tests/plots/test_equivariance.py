"""Figures of equivariance and invariance say what they show."""

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import images, plain
from tests.plots.test_fields import words
from vizkit import plots
from vizkit.errors import UsageError


@pytest.fixture(scope="module")
def network():
    layers = (nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return plain(nn.Sequential(*layers, nn.Linear(4, 3)), 30, channels=3)


def test_the_bars_add_up_to_the_errors(network):
    found = vizkit.equivariance(
        network, ["0", "4"], "shift_x", images=images(3, 3, 40), values=(0, 1, 2)
    )
    figure = found.figure()
    drawn = [axes for axes in figure.axes if axes.patches]
    assert [axes.get_title() for axes in drawn] == ["1 pixels", "2 pixels"]
    split = found["0"].split
    for axes, value in zip(drawn, (1, 2), strict=True):
        heights = [patch.get_height() for patch in axes.patches]
        parts = [
            float(getattr(split, n)[value]) for n in ("padding", "phase", "interpolation", "rest")
        ]
        assert heights[:4] == pytest.approx([max(each, 0) for each in parts])
        assert heights[4] == pytest.approx(float(found["4"].split.total[value]))
        assert axes.patches[4].get_hatch()
    assert "equivariance under shift_x, 3 images" in words(figure)
    assert len([a for a in plots.equivariance_split(found, mean=True).axes if a.patches]) == 1


def test_nothing_to_split_is_said(network):
    found = vizkit.equivariance(network, "0", "shift_x", images=images(2, 3, 20), values=(0,))
    with pytest.raises(UsageError, match="but the identity"):
        plots.equivariance_split(found)


def test_perfect_equivariance_is_drawn_as_zeros():
    found = vizkit.equivariance("lenet5", ["c1"], "shift_x", images="noise", values=(0, 2, 14))
    figure = found.figure()
    drawn = [axes for axes in figure.axes if axes.patches]
    assert [axes.get_title() for axes in drawn] == ["2 pixels", "14 pixels"]
    assert {patch.get_height() for axes in drawn for patch in axes.patches} == {0}
    assert all(axes.get_ylim()[0] <= 0 and axes.get_ylim()[1] >= 1 for axes in drawn)
    assert "nan" not in str(found) and str(found).splitlines()[-1].split()[-1] == "-"


def test_depth_with_chance_and_badge():
    network = vizkit.load("lenet5@random")
    found = vizkit.invariance(
        network, ["c1", "s2"], "rotation", images=images(4, 1, 32), values=(0, 90)
    )
    said = words(plots.invariance_depth(found))
    for part in ("RANDOM WEIGHTS", "chance", "ceiling", "pixels (identity)", "coarse"):
        assert part in said
    other = vizkit.invariance(network, ["c1"], "rotation", images=images(4, 1, 32), values=(0, 90))
    with pytest.raises(UsageError, match="other layers or values"):
        plots.invariance_depth(found, other)
    assert torch.isfinite(found["c1"].distance.distance).all()
