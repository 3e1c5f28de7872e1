"""Families that were planted are found, with their members, angles and signs."""

import pytest
import torch

import vizkit
from tests.probing.families.banks import gray, network, pattern, unrelated

SOURCES = ["responses", "weights"]


def turned_from_first(family, period):
    """Value of each member less that of channel 0, in steps around the circle."""
    value = {each.channel: each.value.value for each in family.members}
    return {channel: (own - value[0]) % period for channel, own in value.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_a_bank_of_quarter_turns_gives_back_the_planted_cyclic_shift(source):
    filters = unrelated(9, 5, seed=3)
    turns = [2, 0, 3, 1]  # of channels 0, 2, 4, 6
    for channel, quarters in zip((0, 2, 4, 6), turns, strict=True):
        filters[channel] = torch.rot90(unrelated(1, 5, seed=9)[0], quarters, (1, 2))
    found = vizkit.families(network(filters), "0", "rotation", source=source, draws=59)
    assert len(found) == 1
    (family,) = found
    assert set(family.channels) == {0, 2, 4, 6} and family.symmetry == 1
    shift = turned_from_first(family, 360)
    for channel, quarters in zip((0, 2, 4, 6), turns, strict=True):
        away = (shift[channel] - 90 * (quarters - turns[0]) + 180) % 360 - 180
        assert abs(away) < 0.5
    # Quarter turns of images and of filters are the same numbers in another order.
    assert all(each.likeness.value > 0.999 for each in family.members)
    assert found.alone == (1, 3, 5, 7, 8) and not found.dead and not found.untuned
    assert family.p == max(each.p for each in family.members) == 1 / 60


@pytest.mark.parametrize("source", SOURCES)
def test_a_rotated_bank_is_put_in_order_with_its_angles(source):
    angles = [200.0, 15.0, 330.0, 60.0, 105.0, 142.0, 250.0, 293.0]
    filters = torch.stack([pattern(9, angle) for angle in angles])
    found = vizkit.families(network(gray(filters)), "0", source=source, draws=39)
    assert [set(each.channels) for each in found] == [set(range(8))]
    shift = turned_from_first(found[0], 360)
    for channel, angle in enumerate(angles):
        away = (shift[channel] - (angle - angles[0]) + 180) % 360 - 180
        assert abs(away) < 3
    cyclic = [angles[channel] for channel in found[0].channels]
    start = cyclic.index(min(cyclic))
    assert cyclic[start:] + cyclic[:start] == sorted(angles)


def test_intervals_hold_the_planted_angles():
    angles = [0.0, 30.0, 75.0, 180.0]
    filters = gray(torch.stack([pattern(9, angle) for angle in angles]))
    (family,) = vizkit.families(network(filters), "0", draws=39)
    reference = angles[family.reference.channel]
    for each in family.members:
        planted = (angles[each.channel] - reference) % 360
        assert each.value.low - 2 <= planted <= each.value.high + 2
        assert each.value.low <= each.value.value <= each.value.high < each.value.low + 20
        assert each.likeness.low <= each.likeness.value + 1e-9


def test_lines_are_told_apart_within_half_a_turn():
    place = torch.arange(9.0) - 4
    up, right = torch.meshgrid(-place, place, indexing="ij")

    def line(degrees):
        angle = torch.deg2rad(torch.tensor(degrees))
        across = angle.cos() * up - angle.sin() * right
        return torch.exp(-(up**2 + right**2) / 5) * torch.cos(1.4 * across)

    filters = gray(torch.stack([line(angle) for angle in (0.0, 45.0, 90.0, 135.0)]))
    (family,) = vizkit.families(network(filters), "0", draws=39)
    assert family.symmetry == 2 and family.period == 180
    values = [each.value.value for each in family.members]
    assert [b - values[0] for b in values] == pytest.approx([0, 45, 90, 135], abs=2)
    first = family.channels.index(0)
    assert family.channels[first:] + family.channels[:first] == (0, 1, 2, 3)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("transform", "axis"), [("reflection", 3), ("reflection_y", 2)])
def test_mirrored_pairs(transform, axis, source):
    filters = unrelated(6, 5, seed=5)
    filters[4:] = filters[[1, 3]].flip(axis)
    found = vizkit.families(network(filters), "0", transform, source=source, draws=59)
    assert {frozenset(each.channels) for each in found} == {frozenset({1, 4}), frozenset({3, 5})}
    for family in found:
        assert [each.value.value for each in family.members] == [0, 1]
        assert family.members[1].likeness.value > 0.999
    other = "reflection_y" if axis == 3 else "reflection"
    assert not len(vizkit.families(network(filters), "0", other, source=source, draws=59))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_filters_of_shifted_hue(source, order):
    filters = unrelated(6, 3, seed=7)
    # Red takes the place of green: the hue is turned by 120 degrees, whatever the network's order.
    filters[2], filters[4] = filters[0].roll(1, 0), filters[0].roll(2, 0)
    known = network(filters[:, list(order)], order=order)
    found = vizkit.families(known, "0", "hue", source=source, draws=59)
    assert [set(each.channels) for each in found] == [{0, 2, 4}]
    shift = turned_from_first(found[0], 360)
    assert [shift[channel] for channel in (0, 2, 4)] == pytest.approx([0, 120, 240], abs=1)


def test_scaled_copies():
    filters = [pattern(21, 20, 2 ** (step / 2)) for step in (0, 1, 2)]
    filters += [pattern(21, 110), pattern(21, 200)]
    found = vizkit.families(network(gray(torch.stack(filters))), "0", "scale", draws=59)
    assert set(found[0].channels) == {0, 1, 2}
    value = {each.channel: each.value.value for each in found[0].members}
    assert value[1] / value[0] == pytest.approx(2**0.5, rel=0.12)
    assert value[2] / value[1] == pytest.approx(2**0.5, rel=0.12)
    assert found[0].curves.shape == (3, 9)
    for each, curve in zip(found[0].members, found[0].curves, strict=True):
        assert curve.abs().max() <= 1 + 1e-9
        step = 4 + 4 * torch.tensor(each.value.value).log2()
        assert abs(int(curve.argmax()) - step) <= 1.2
