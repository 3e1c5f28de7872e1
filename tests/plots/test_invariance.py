"""The figure of a whole network shows the numbers of its report, and their floors."""

import pytest

import vizkit
from tests.nets import images
from tests.probing.invariance.report.nets import chain, loaded
from vizkit.errors import UsageError
from vizkit.probing.readers import PIXELS


@pytest.fixture(scope="module")
def report():
    values = {"rotation": None, "shift_x": (-2, 0, 2), "reflection_x": (0, 1)}
    return vizkit.invariance_report(
        loaded(chain(bias=True)), transforms=values, images=images(8, 1, 32), gratings=True
    )


def drawn(axes):
    return [list(line.get_ydata()) for line in axes.get_lines()]


def test_a_panel_for_each_transform_and_what_numbers_are_worth(report):
    figure = vizkit.plots.invariance_report(report)
    titles = {axes.get_title(loc="left"): axes for axes in figure.axes}
    panel = titles["shift x, -2 to 2 pixels"]
    shifted = report["shift_x"]
    lines = drawn(panel)
    assert [shifted.beside_baseline.distance(n).value for n in report.layers] in lines
    assert [shifted.baseline.distance(n).value for n in report.layers] in lines
    assert [shifted.beside_baseline.null(n).value for n in report.layers] in lines
    assert [shifted.beside_baseline.distance(PIXELS).value] * 2 in lines
    assert len(panel.collections) == 2  # the bands
    assert "left and right swapped" in titles and "silent channels; sparseness" in titles
    assert [each.get_text() for each in panel.get_xticklabels()] == list(report.layers)


def test_scores_have_the_panels_of_transforms_with_values_enough(report):
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
        ["reflection_x"],
        images=images(3, 1, 32),
        random=False,
        gratings=False,
    )
    with pytest.raises(UsageError, match="values enough"):
        vizkit.plots.invariance_report(few, "score")
    assert vizkit.plots.invariance_report(few).axes
