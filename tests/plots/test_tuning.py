"""Figures of tuning say what they show."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import vizkit
from vizkit import plots
from vizkit.errors import UsageError
from vizkit.probing.grid import grid
from vizkit.stimuli import stimulus, varied


@pytest.fixture(scope="module")
def turned():
    return vizkit.tuning(
        "lenet5@random",
        "c3:1,4,7-9,11",
        "rotation",
        images="noise",
        values=tuple(range(0, 360, 30)),
    )


def words(figure) -> str:
    found = [figure.get_suptitle(), figure.get_supxlabel()]
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    return "\n".join(found)


def test_a_rose_for_each_unit(turned):
    figure = plots.tuning_curves(turned)
    assert [axes.name for axes in figure.axes] == ["polar"] * 6
    said = words(figure)
    for part in ("lenet5@random", "RANDOM WEIGHTS", "c3:11", "mean of 8 images", "dashed: floor"):
        assert part in said
    # The closed curve and the floor are drawn at their values.
    first = turned[0]
    lines = [line.get_ydata() for line in figure.axes[0].lines]
    closed = [*first.response.tolist(), first.response[0].item()]
    assert any(len(y) == 13 and np.allclose(y, closed) for y in lines)
    assert any(len(y) > 100 and np.allclose(y, first.height.floor) for y in lines)


def test_lines_where_asked_and_where_values_have_ends(turned):
    dimmed = vizkit.tuning("lenet5@random", "c3:1,4,7-9,11", "brightness", images="noise")
    figure = plots.tuning_curves([*turned, *dimmed])
    assert [axes.name for axes in figure.axes] == ["polar"] * 6 + ["rectilinear"] * 6
    assert "brightness [of full range]" in words(figure)
    assert {axes.name for axes in plots.tuning_curves(turned, polar=False).axes} == {"rectilinear"}


def test_orientations_are_drawn_at_both_ends_of_the_line():
    grating = varied(stimulus("grating"), "orientation", (0, 45, 90, 135), frequency=3.0)
    gray = torch.full((1, 1, 32, 32), 0.5)
    found = vizkit.tuning("lenet5@random", "c1:0-5", grating, images=gray, reference="noise")
    curve = next(each for each in found if each.status == "ok")
    figure = plots.tuning_curves([curve])
    line = next(each for each in figure.axes[0].lines if len(each.get_xdata()) == 9)
    np.testing.assert_allclose(np.degrees(line.get_xdata()), np.arange(0, 361, 45))
    np.testing.assert_allclose(line.get_ydata()[:4], line.get_ydata()[4:8])
    np.testing.assert_allclose(line.get_ydata()[:4], curve.response)
    said = words(plots.tuning_map(found))
    assert "1 image" in said and "1 images" not in said and "[σ]" in said


def test_a_rose_would_hide_negative_responses(turned):
    below = replace(turned[0], response=turned[0].response - 100, status="negative")
    assert plots.tuning_curves([below]).axes[0].name == "rectilinear"


def test_a_curve_below_zero_fills_its_panel_up_to_zero(turned):
    below = replace(turned[0], response=turned[0].response - 100, low=turned[0].low - 100)
    below = replace(below, high=turned[0].high - 100, mean=-100.0, status="negative")
    (axes,) = plots.tuning_curves([below], polar=False).axes
    assert axes.get_ylim()[1] == 0


def test_a_map_of_all_units_in_the_order_of_their_peaks(turned):
    figure = plots.tuning_map(turned)
    mesh = figure.axes[0].collections[0].get_array()
    order = sorted(turned, key=lambda each: each.peak.value)
    for row, curve in zip(np.asarray(mesh).reshape(6, 12), order, strict=True):
        np.testing.assert_allclose(row, curve.response / curve.response.max())
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [each.unit.name for each in order]
    assert "highest response / floor" in words(figure)


def test_a_surface_with_curves_through_its_peak():
    values = ((0, 90, 180, 270), (-2, 0, 2))
    found = vizkit.tuning(
        "lenet5@random", "c1:0", ("rotation", "shift_x"), images="noise", values=values
    )
    figure = plots.surface_map(found[0])
    said = words(figure)
    assert "shift_x [pixels]" in said and "rotation [degrees]" in said and "c1:0" in said


def test_maps_of_several_units_say_what_they_show():
    values = ((0, 90, 180, 270), (-2, 0, 2))
    found = vizkit.tuning(
        "lenet5@random", "c1:0-4", "rotation*shift_x", images="noise", values=values
    )
    figure = plots.surface_maps(found)
    said = words(figure)
    for part in ("c1:4", "8 images", "dashed: above the floor", "share of the unit's highest"):
        assert part in said
    for axes, surface in zip(figure.axes, found, strict=False):
        shown = np.asarray(axes.collections[0].get_array()).reshape(4, 3)
        highest = surface.response.max().clamp(min=0)  # what is below zero is black
        np.testing.assert_allclose(shown * float(highest), surface.response.clamp(0), atol=1e-5)
    with pytest.raises(UsageError, match="25 surfaces cannot be drawn"):
        plots.surface_maps(list(found) * 5)


def test_maps_below_zero_go_from_their_lowest_to_their_highest():
    values = ((0, 90, 180, 270), (-2, 0, 2))
    (found,) = vizkit.tuning(
        "lenet5@random", "c1:2", "rotation*shift_x", images="noise", values=values
    )
    assert found.height.value > 0
    response = torch.linspace(-3, -1, 12).view(4, 3)
    height = found.height._replace(value=-1.0)
    below = replace(found, response=response, height=height, status="negative")
    figure = plots.surface_maps([found, below])
    shown = np.asarray(figure.axes[1].collections[0].get_array()).ravel()
    np.testing.assert_allclose(shown, np.linspace(0, 1, 12), atol=1e-6)
    assert "-3 to -1" in figure.axes[1].get_title() and " to " not in figure.axes[0].get_title()


def test_what_cannot_be_drawn(turned):
    with pytest.raises(UsageError, match="there are no tuning curves"):
        plots.tuning_curves([])
    with pytest.raises(UsageError, match=r"call vizkit\.plots\.tuning_map"):
        plots.tuning_curves(list(turned) * 20)
    with pytest.raises(UsageError, match="several families or values"):
        plots.tuning_map([*turned, replace(turned[0], grid=grid("scale"))])
    with pytest.raises(UsageError, match="no unit with a positive response"):
        plots.tuning_map([])
