"""Distance curves and selectivity on responses that are known."""

import math

import pytest
import torch

from vizkit.probing.invariance.scores.distances import (
    Originals,
    distance_curve,
    joined_values,
)
from vizkit.probing.invariance.scores.selectivity import selectivity, variance_ratio
from vizkit.probing.uncertainty import ratio_of_means, wilson


def features(seed: int = 0) -> torch.Tensor:
    return torch.randn(6, 4, 5, 5, generator=torch.Generator().manual_seed(seed))


def image_distances(originals: torch.Tensor, transformed: torch.Tensor):
    """Of features N x ... and T x N x ..."""
    first = Originals(originals)
    return joined_values([first.distances(each) for each in transformed])


def test_the_identity_moves_nothing():
    # P32, bit for bit.
    found = distance_curve(image_distances(features(), features()[None]))
    assert found.distance.tolist() == [0.0] == found.high.tolist()
    assert found.null.tolist() == [1.0]


def test_a_layer_that_has_nothing_left_of_the_image_is_at_its_null():
    count = 400
    generator = torch.Generator().manual_seed(0)
    before, after = torch.randn(2, count, 50, generator=generator)
    found = distance_curve(image_distances(before, after[None]))
    assert found.distance.item() == pytest.approx(1, abs=0.02)
    assert found.null.item() == pytest.approx(1, abs=0.02)
    assert found.low.item() < found.distance.item() < found.high.item()


def test_scale_of_the_features_does_not_matter():
    first = distance_curve(image_distances(features(), features(1)[None]))
    second = distance_curve(image_distances(1024 * features(), 1024 * features(1)[None]))
    assert torch.equal(first.distance, second.distance)


def test_nothing_over_nothing_is_nothing():
    zero = torch.zeros(3, 2)
    assert ratio_of_means(zero, zero)[0].tolist() == [0, 0]


def test_distances_are_those_of_rows_however_many_there_are():
    generator = torch.Generator().manual_seed(5)
    before, after = torch.randn(2, 21, 40_000, generator=generator)
    found = Originals(before).distances(after)
    expected = {
        "moved": (before - after).double().norm(dim=1)[:, None],
        "other": (before.roll(-1, 0) - after).double().norm(dim=1)[:, None],
        "between": (before.roll(-1, 0) - before).double().norm(dim=1),
    }
    for name, apart in expected.items():
        torch.testing.assert_close(getattr(found, name), apart, rtol=1e-5, atol=0)


def test_wilson_against_its_equation():
    # Its ends solve |p - share| = z sqrt(p (1 - p) / n).
    found = wilson(7, 20)
    for end in (found.low, found.high):
        assert abs(end - 0.35) == pytest.approx(
            1.959964 * math.sqrt(end * (1 - end) / 20), rel=1e-6
        )


def test_dead_units_have_neither_selectivity_nor_invariance():
    responses = torch.rand(8, 3, generator=torch.Generator().manual_seed(0))
    responses[:, 1] = 0.7
    found = selectivity(responses)
    assert found.dead.tolist() == [False, True, False]
    assert found.sparseness.isnan().tolist() == [False, True, False]
    ratio = variance_ratio(responses[:, None].expand(-1, 4, -1))
    assert ratio.ratio[[0, 2]].tolist() == [0, 0] and ratio.ratio[1].isnan()


def test_selectivity_does_not_see_the_bias():
    responses = torch.rand(8, 3, generator=torch.Generator().manual_seed(0)).double()
    first, second = selectivity(responses), selectivity(responses + 64)
    torch.testing.assert_close(first.sparseness, second.sparseness)


def test_the_share_of_variance_is_that_of_a_planted_mixture():
    generator = torch.Generator().manual_seed(0)
    image, noise = (
        torch.randn(300, 1, 1, generator=generator),
        torch.randn(300, 200, 1, generator=generator),
    )
    found = variance_ratio(3 * image + noise)
    assert found.ratio.item() == pytest.approx(0.1, abs=0.02)
    assert found.low.item() < 0.1 < found.high.item()
