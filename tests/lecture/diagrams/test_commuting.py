"""The square of equivariance in pictures shows what was measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import vizkit
from computations.square import commuting_square
from diagrams.commuting import commuting_diagram, equivariance_bars
from tests.lecture.diagrams.test_depth import words
from tests.nets import images, plain, seeded
from vizkit.errors import UsageError


@pytest.fixture(scope="module")
def network() -> vizkit.Network:
    layers = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    return plain(seeded(nn.Sequential(*layers)), 20, channels=3)


def test_maps_and_masks_are_those_of_the_square(network):
    found = commuting_square(network, "2", "translation", 4, images(1, 3, 28), input_size=(20, 20))
    figure = commuting_diagram(found, 1)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    x, before, moved, reached, gx, after, difference, broken = shown
    np.testing.assert_array_equal(x, found.image.permute(1, 2, 0).numpy())
    np.testing.assert_array_equal(gx, found.transformed.permute(1, 2, 0).numpy())
    np.testing.assert_array_equal(before, found.before[1].numpy())
    np.testing.assert_array_equal(after, found.after[1].numpy())
    np.testing.assert_array_equal(np.ma.filled(moved, np.nan), found.moved[1].numpy())
    assert np.nanmax(np.ma.filled(difference, np.nan)) == pytest.approx(
        float(found.difference[1].nan_to_num(0).abs().max())
    )
    assert (np.asarray(broken) == 2).sum() == int(found.broken.sum())
    assert (np.asarray(reached) == 0).sum() == int((~found.compared).sum()) == 100 - 64
    assert (np.asarray(reached) == 2).sum() == int((found.compared & ~found.interior).sum())
    assert "Sequential@own  2:1   10 x 10 units, stride 2 px" in words(figure)
    assert "translation 4 px" in words(figure)
    strongest = int(found.before.mean((1, 2)).argmax())
    assert f"2:{strongest} " in words(commuting_diagram(found))
    with pytest.raises(UsageError, match="channel 4 is not one of 2"):
        commuting_diagram(found, 4)


def test_bars_are_errors_of_the_interior(network):
    found = [
        vizkit.equivariance(
            network, "2", transform, images=images(3, 3, 32), values=values, input_size=(20, 20)
        )
        for transform, values in (("shift_x", (1, 2)), ("rotation", (90,)))
    ]
    figure = equivariance_bars(found, "2")
    (axes,) = figure.axes
    errors = [*found[0]["2"].split.interior.tolist(), float(found[1]["2"].split.interior[0])]
    assert [patch.get_width() for patch in axes.patches[::2]] == pytest.approx(errors)
    floors = [*found[0]["2"].split.interpolation.tolist(), 0.0]
    assert [patch.get_width() for patch in axes.patches[1::2]] == pytest.approx(floors)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["shift_x 1 px", "shift_x 2 px", "rotation 90°"]
    assert "another image" in words(figure)
    assert torch.tensor(errors).isfinite().all()
    with pytest.raises(UsageError, match="takes results"):
        equivariance_bars([], "2")
    with pytest.raises(UsageError, match="'0' was not measured under shift_x, rotation"):
        equivariance_bars(found, "0")
