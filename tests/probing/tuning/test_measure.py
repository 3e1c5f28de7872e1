"""Tuning curves of planted networks, whose tuning is known."""

import math

import pytest
import torch
from torch import nn

import vizkit
from tests.probing.tuning.tuned import GRAY, edges, gratings, planted, quadrature
from vizkit.errors import UnitNotFoundError, UsageError
from vizkit.probing.grid import grid
from vizkit.probing.responses import responses
from vizkit.stimuli import stimulus, varied

BLANK = torch.full((1, 1, 33, 33), 0.5)
ANGLES = tuple(range(0, 180, 30))
TURNS = tuple(map(float, range(0, 360, 15)))


@pytest.fixture
def bank():
    """Gabor filters at every 30 degrees; even, so that half a turn changes nothing."""
    return planted(gratings(ANGLES))


def oriented(contrast: float = 1.0):
    """The even grating that the bank's filters are made of, turned by drawing it anew."""
    return varied(stimulus("grating"), "orientation", frequency=4.0, contrast=contrast)


def test_a_bank_of_gabors_peaks_at_its_orientations(bank):
    found = vizkit.tuning(bank, "0:0-5", oriented(), images=BLANK)
    assert found.passes == 24 and found.images == 1
    for angle, curve in zip(ANGLES, found, strict=True):
        assert curve.status == "ok" and curve.period == 180
        assert abs((curve.peak.value - angle + 90) % 180 - 90) < 1.5
        assert curve.circular_variance.value < 0.5
        assert curve.width.value < 60


def test_turned_images_move_the_peak_counter_clockwise_and_show_the_twofold_symmetry(bank):
    image = stimulus("grating").draw((33, 33), frequency=4.0, channels=1)
    found = vizkit.tuning(bank, "0:0-5", "rotation", images=image, values=TURNS)
    for angle, curve in zip(ANGLES, found, strict=True):
        assert abs((curve.peak.value - angle + 90) % 180 - 90) < 2
        assert curve.symmetry[2].value > 0.99
        assert curve.symmetry[4].value < 0.5
        # Both ends of a line drive it: no direction, but an orientation.
        assert curve.circular_variance.value > 0.98


def test_an_edge_is_one_sided():
    """A filter with a bright side answers to one half of the circle of directions only."""
    found = vizkit.tuning(
        planted(edges((0, 90))), "0:0-1", varied(stimulus("edge"), "orientation"), images=BLANK
    )
    for angle, curve in zip((0, 90), found, strict=True):
        assert abs((curve.peak.value - angle + 180) % 360 - 180) < 2
        assert curve.symmetry[2].value < 0.5
        assert curve.circular_variance.value < 0.4


def test_a_complex_cell_ignores_the_phase_that_a_simple_cell_is_tuned_to(bank):
    phase = varied(stimulus("grating"), "phase", frequency=4.0, orientation=0.0)
    simple = vizkit.tuning(bank, "0:0", phase, images=BLANK)[0]
    assert simple.peak.value == pytest.approx(0, abs=2) or simple.peak.value > 358
    # The positive half of a cosine: mean 1 / pi.
    assert simple.selectivity.value == pytest.approx(1 - 1 / math.pi, abs=0.02)
    assert simple.width.value == pytest.approx(120, abs=6)
    complex_cell = vizkit.tuning(quadrature(), "output:0", phase, images=BLANK)[0]
    assert complex_cell.selectivity.value < 0.03


def test_a_linear_unit_follows_brightness_and_its_peak_is_at_the_end():
    module = nn.Sequential(nn.Conv2d(1, 2, 1))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([2.0, 0.0]).view(2, 1, 1, 1))
        module[0].bias.copy_(torch.tensor([0.5, 3.0]))
    network = vizkit.load(module.eval(), preprocessing=GRAY)
    values = (-0.2, -0.1, 0.0, 0.1, 0.2)
    linear, constant = vizkit.tuning(network, "0:0-1", "brightness", images=BLANK, values=values)
    # Preprocessing is (image - 0.5) / 0.25.
    expected = torch.tensor([2 * value / 0.25 + 0.5 for value in values], dtype=torch.float64)
    torch.testing.assert_close(linear.response, expected, rtol=0, atol=1e-5)
    assert linear.status == "edge" and linear.peak.value == 0.2 and math.isnan(linear.width.value)
    assert constant.status == "constant" and math.isnan(constant.peak.value)
    assert constant.as_dict()["peak"] is None


def test_words_for_units_that_do_not_respond():
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 1, 1))
    with torch.no_grad():
        module[0].weight.fill_(1)
        module[0].bias.copy_(torch.tensor([-50.0, 0.1]))
        module[2].weight.fill_(-1)
        module[2].bias.fill_(-1)
    network = vizkit.load(module.eval(), preprocessing=GRAY)
    silent, alive, negative = vizkit.tuning(network, ["0:0-1", "2:0"], "brightness", images=BLANK)
    assert (silent.status, alive.status, negative.status) == ("silent", "edge", "negative")
    assert math.isnan(silent.peak.value) and silent.response.eq(0).all()
    # The least inhibition is a fact, a share of the response is none.
    assert math.isfinite(negative.peak.value) and math.isnan(negative.selectivity.value)


def test_intervals_tell_tuning_from_chance(bank):
    """Gratings of eight contrasts share an orientation, patches of noise share none."""
    generator = torch.Generator().manual_seed(0)
    level = torch.linspace(0.3, 1, 8).view(-1, 1, 1, 1)
    image = stimulus("grating").draw((33, 33), frequency=4.0, channels=1)
    tuned = vizkit.tuning(
        bank, "0:0", "rotation", images=0.5 + level * (image - 0.5), values=TURNS
    )[0]
    assert tuned.height.value > tuned.height.floor
    assert tuned.selectivity.value > tuned.selectivity.floor
    assert tuned.peak.low >= tuned.peak.value - 2 and tuned.peak.high <= tuned.peak.value + 2
    assert bool((tuned.low <= tuned.response).all() and (tuned.response <= tuned.high).all())
    noise = torch.rand(8, 1, 33, 33, generator=generator)
    untuned = vizkit.tuning(bank, "0:0", "rotation", images=noise, values=TURNS)[0]
    assert untuned.peak.high - untuned.peak.low > 90


def test_sigma_is_of_the_reference(bank):
    noise = torch.rand(20, 1, 33, 33, generator=torch.Generator().manual_seed(1))
    curve = vizkit.tuning(bank, "0:0", oriented(), images=BLANK, reference=noise)[0]
    with torch.no_grad():
        plain = bank.module(bank.preprocessing(noise))[:, 0, 6, 6].double()
    expected = (curve.response - plain.mean()) / plain.std(correction=0)
    torch.testing.assert_close(curve.sigma, expected, rtol=1e-4, atol=1e-5)
    assert float(curve.sigma.max()) > 5


def test_results_are_the_same_again_and_need_no_global_seed(bank):
    noise = torch.rand(6, 1, 33, 33, generator=torch.Generator().manual_seed(1))
    before = torch.get_rng_state()
    first, second = (
        vizkit.tuning(bank, "0:1", "rotation", images=noise, seed=4)[0] for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert first.as_dict() == second.as_dict()
    other = vizkit.tuning(bank, "0:1", "rotation", images=noise, seed=5)[0]
    assert other.response.tolist() == first.response.tolist()
    assert other.low.tolist() != first.low.tolist()


def test_two_parameters(bank):
    image = stimulus("grating").draw((33, 33), frequency=4.0, channels=1)
    values = (tuple(range(0, 360, 30)), (-0.2, 0.0, 0.2))
    found = vizkit.tuning(bank, "0:2", ("rotation", "brightness"), images=image, values=values)
    surface = found[0]
    assert surface.response.shape == (12, 3) and found.passes == 36
    row, column = divmod(int(surface.response.argmax()), 3)
    over_angle, over_brightness = surface.through_peak
    torch.testing.assert_close(over_angle.response, surface.response[:, column])
    torch.testing.assert_close(over_brightness.response, surface.response[row])
    assert over_angle.peak.value % 180 == pytest.approx(60, abs=2)
    with pytest.raises(UsageError, match="2 x 1 values make no surface"):
        vizkit.tuning(bank, "0:2", "rotation*brightness", images=image, values=((0, 90), (0,)))


def test_curves_by_address(bank):
    found = vizkit.tuning(bank, ["0:3", "0:1@2,4"], oriented(), images=BLANK)
    assert found["0:3"] is found[0] and found[f"{bank.source}/0:1@2,4"] is found[1]
    with pytest.raises(UnitNotFoundError, match="there is no curve of '0:7'"):
        found["0:7"]


def test_mistakes_come_first(bank):
    with pytest.raises(UsageError, match="shifts everything out of an image"):
        vizkit.tuning(bank, "0:0", "shift_x", images=BLANK, values=(0, 40))
    with pytest.raises(UsageError, match="make no curve"):
        vizkit.tuning(bank, "0:0", "rotation", images=BLANK, values=(0,))
    with pytest.raises(UsageError, match="are not what the network takes"):
        vizkit.tuning(bank, "0:0", "rotation", images=torch.rand(1, 3, 33, 33))
    with pytest.raises(UsageError, match="one sweep, not with 2"):
        vizkit.tuning(bank, "0:0", ["rotation", "scale"], images=BLANK, values=(0, 90))
    with pytest.raises(UsageError, match="no units were given"):
        vizkit.tuning(bank, [], "rotation", images=BLANK)


def test_responses_before_the_relu(bank):
    rectified, raw = (
        responses(bank, bank.units("0:0-5"), [grid(oriented())], BLANK, after_activation=after)[
            0
        ].together
        for after in (True, False)
    )
    torch.testing.assert_close(rectified, raw.clamp(min=0))
    assert float(raw.min()) < 0
