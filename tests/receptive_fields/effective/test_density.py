"""Measures of densities, and how those of several units are laid over each other."""

from __future__ import annotations

import pytest
import torch

from vizkit.receptive_fields.effective.density import Density, mean_density


def test_mass_is_counted_in_squares_around_the_center():
    weights = torch.zeros(6, 6, dtype=torch.float64)
    weights[2:4, 2:4] = 0.15
    weights[0, 5] = 0.4
    field = Density(weights, (2.5, 2.5), (6, 6), 1.0)
    assert (field.mass(0.6), field.mass(0.61), field.mass(1.0)) == (2, 6, 6)
    assert field.centroid == pytest.approx((0.4 * 0 + 0.6 * 2.5, 0.4 * 5 + 0.6 * 2.5))
    assert field.shift == pytest.approx((-1.0, 1.0))


def test_fields_are_laid_over_each_other_at_their_centers():
    """Units that see the same pattern, one of them cut off by the border."""
    pattern = torch.arange(1.0, 17).view(4, 4).double()
    maps, boxes = [], []
    for y, x in ((3, 2), (5, 6), (-2, 4)):
        image = torch.zeros(14, 20, dtype=torch.float64)
        image[max(y, 0) : y + 4, x : x + 4] = pattern[max(-y, 0) :]
        maps.append(image)
        boxes.append((y, x, y + 3, x + 3))
    found = mean_density(maps, boxes)
    assert torch.allclose(found.map, pattern / pattern.sum())
    assert (found.center, found.field) == ((1.5, 1.5), (4, 4))
    assert found.visible == pytest.approx((1 + 1 + 0.5) / 3)
    only = mean_density(maps[2:], boxes[2:])
    assert torch.allclose(only.map, pattern[2:] / pattern[2:].sum())
    assert (only.center, only.field, only.visible) == ((-0.5, 1.5), (4, 4), 0.5)


def test_fields_of_different_sizes_keep_their_centers():
    maps = [torch.zeros(9, 9, dtype=torch.float64) for _ in range(2)]
    maps[0][4, 4] = maps[1][3, 3] = 1
    found = mean_density(maps, [(2, 2, 6, 6), (2, 2, 4, 4)])
    assert found.map[2, 2] == 1
    assert (found.center, found.field) == ((2.0, 2.0), (5, 5))
