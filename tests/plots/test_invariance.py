"""The figure of a whole network shows the numbers of its report, and their floors."""

import pytest

import vizkit
from tests.nets import images
from tests.probing.invariance.report.nets import chain, loaded
from vizkit.errors import UsageError


@pytest.fixture(scope="module")
def report():
    values = {"rotation": None, "shift_x": (-2, 0, 2), "reflection_x": (0, 1)}
    return vizkit.invariance_report(
        loaded(chain(bias=True)), None, images(8, 1, 32), transforms=values, gratings=True
    )


def drawn(axes):
    return [list(line.get_ydata()) for line in axes.get_lines()]


def test_a_panel_for_each_family_and_what_numbers_are_worth(report):
    figure = vizkit.plots.invariance_report(report)
    titles = {axes.get_title(loc="left"): axes for axes in figure.axes}
    panel = titles["shift x, -2 to 2 pixels"]
    family = report["shift_x"]
    lines = drawn(panel)
    assert [family.trained.distance(n).value for n in report.layers] in lines
    assert [family.random.distance(n).value for n in report.layers] in lines
    assert [family.trained.null(n).value for n in report.layers] in lines
    assert [family.pixels.value] * 2 in lines
    assert len(panel.collections) == 2  # the bands
    assert "left and right swapped" in titles and "silent channels; sparseness" in titles
    assert [each.get_text() for each in panel.get_xticklabels()] == list(report.layers)


def test_scores_have_the_panels_of_families_with_values_enough(report):
    figure = vizkit.plots.invariance_report(report, "score")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "rotation, 0 to 345 degrees" in titles
    assert "shift x, -2 to 2 pixels" not in titles and "left and right swapped" not in titles


def test_mistakes(report):
    with pytest.raises(UsageError, match="'depth' is unknown"):
        vizkit.plots.invariance_report(report, "depth")
    few = vizkit.invariance_report(
        loaded(chain(bias=True)),
        ["0"],
        images(3, 1, 32),
        transforms=["reflection_x"],
        random=False,
        gratings=False,
    )
    with pytest.raises(UsageError, match="values enough"):
        vizkit.plots.invariance_report(few, "score")
    assert vizkit.plots.invariance_report(few).axes
