"""Toys whose score is known in closed form (P31), and what cannot be scored."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vizkit.errors import UsageError
from vizkit.probing.invariance.scores.goodfellow import firing_threshold, goodfellow

N = 2000


def circle() -> torch.Tensor:
    """Phases between which 0 lies, so that no two responses but mirror images are equal."""
    return (torch.arange(N, dtype=torch.float64) + 0.5) * 2 * math.pi / N


def phase_unit(steps: torch.Tensor):
    """h = cos(phase), its best input, turned by `steps` of the circle."""
    phases = circle()
    turned = phases[:1, None] + steps[None, :] * 2 * math.pi / N
    return goodfellow(
        phases[:1, None].cos(),
        turned.cos().unsqueeze(2),
        phases[:, None].cos(),
        near=0.5,
        signs="positive",
    )


def test_full_phase_is_chance():
    found = phase_unit(torch.arange(N))
    assert found.score.tolist() == [1.0]
    assert found.global_rate.tolist() == [0.01]


def test_the_threshold_is_the_closed_one():
    threshold = firing_threshold(circle()[:, None].cos())
    assert threshold.item() == pytest.approx(math.cos(0.01 * math.pi), abs=1e-5)


def test_a_tenth_of_the_phase_gives_ten():
    assert phase_unit(torch.arange(-100, 100)).score.tolist() == [10.0]


@pytest.mark.parametrize("half", [5, 10, 20, 50, 200, 500])
def test_a_range_of_phases_gives_its_inverse_up_to_a_hundred(half):
    expected = min(100.0, math.pi / (half * 2 * math.pi / N))
    assert phase_unit(torch.arange(-half, half)).score.item() == pytest.approx(expected, rel=1e-12)


def test_rare_and_blind_to_phase_gives_a_hundred():
    responses = torch.zeros(1000, 1)
    responses[:10] = 1.0
    found = goodfellow(responses, responses[:, None].expand(-1, 7, -1), near=0.01)
    assert found.score.tolist() == [100.0] == found.ceiling.tolist()
    assert found.status == ("scored",) and found.near.tolist() == [10]
    assert (found.low.item(), found.high.item()) == (100.0, 100.0)


@pytest.mark.parametrize("sign", ["best", "positive"])
def test_a_unit_silent_for_nearly_everything_is_flagged(sign):
    responses = torch.zeros(1000, 3)
    responses[:5, 0] = torch.rand(5, generator=torch.Generator().manual_seed(0)) + 1
    responses[:, 2] = torch.arange(1000.0)
    found = goodfellow(responses, responses[:, None].expand(-1, 4, -1), signs=sign)
    assert found.status == ("silent", "constant", "scored")
    assert found.score.isnan().tolist() == [True, True, False]
    assert found.low.isnan().tolist() == found.high.isnan().tolist() == [True, True, False]


def test_equal_responses_fire_together_and_are_told():
    responses = torch.zeros(1000, 1)
    responses[:30] = 1.0
    found = goodfellow(responses, responses[:, None].expand(-1, 4, -1), signs="positive")
    assert found.status == ("ties",)
    assert found.global_rate.tolist() == [0.03]


def test_a_unit_that_answers_by_falling_silent_gets_its_sign():
    responses = torch.ones(1000, 1)
    responses[:10] = -1.0
    found = goodfellow(responses, responses[:, None].expand(-1, 4, -1), near=0.01)
    assert found.sign.tolist() == [-1.0] and found.score.tolist() == [100.0]


def test_the_identity_gives_the_inverse_rate_where_it_fires():
    # P32: the transformed version of an input is the input.
    generator = torch.Generator().manual_seed(3)
    responses = torch.randn(400, 5, generator=generator)
    found = goodfellow(responses[:100], responses[:100, None], responses, near=0.01)
    fires = found.sign * responses[:100] > found.threshold
    best = (found.sign * responses[:100]).argmax(0)
    expected = fires[best, torch.arange(5)].double() / found.global_rate
    assert torch.equal(found.score, expected)


def test_the_layer_is_the_mean_of_its_best_units():
    responses = torch.randn(300, 10, generator=torch.Generator().manual_seed(1))
    orbits = torch.stack([responses, responses + 0.1, responses - 0.2], 1)
    found = goodfellow(responses, orbits)
    best = found.layer(0.2)
    assert best.value == pytest.approx(found.score.sort(descending=True).values[:2].mean().item())
    assert best.low <= best.value <= best.high
    assert found.layer(1.0).value == pytest.approx(found.score.mean().item())


def test_a_layer_of_dead_units_has_no_score():
    found = goodfellow(torch.zeros(10, 3), torch.zeros(10, 2, 3))
    assert math.isnan(found.layer().value)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 120), st.sampled_from([0.01, 0.05, 0.3]))
def test_the_threshold_makes_the_smallest_share_that_is_enough(seed, count, rate):
    generator = torch.Generator().manual_seed(seed)
    samples = torch.randint(0, 12, (count, 6), generator=generator).double()
    threshold = firing_threshold(samples, rate)
    for unit in range(6):
        shares = {float((samples[:, unit] >= value).double().mean()) for value in range(12)}
        expected = min(share for share in shares if share >= rate - 1e-12)
        assert float((samples[:, unit] > threshold[unit]).double().mean()) == expected


def test_neighboring_floats_are_told_apart():
    high = torch.tensor(1.0, dtype=torch.float64)
    low = torch.nextafter(high, torch.tensor(0.0, dtype=torch.float64))
    samples = torch.stack([low] * 99 + [high]).unsqueeze(1)
    assert int((samples > firing_threshold(samples)).sum()) == 1


def test_wrong_shapes_and_shares_are_refused():
    responses = torch.rand(5, 2)
    with pytest.raises(UsageError, match=r"\(5, 2\) and \(4, 3, 2\) do not belong together"):
        goodfellow(responses, torch.rand(4, 3, 2))
    with pytest.raises(UsageError, match=r"rate=1\.5 is no share"):
        goodfellow(responses, torch.rand(5, 3, 2), rate=1.5)
    with pytest.raises(UsageError, match="share=0 is no share of the units"):
        goodfellow(responses, torch.rand(5, 3, 2)).layer(0)
