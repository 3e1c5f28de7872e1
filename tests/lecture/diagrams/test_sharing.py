"""Figures of shared weights."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from diagrams.sharing import draw_ratios, draw_weight_table


def test_every_row_has_two_numbers_and_their_ratio():
    axes = Figure().subplots()
    draw_ratios(axes, {"a": (10, 1000), "b": (7, 21)}, ("few", "many"), "parameters")
    assert [text.get_text() for text in axes.texts] == ["100 times", "3 times"]
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert [float(line.get_xdata()[0]) for line in marks] == [10, 1000, 7, 21]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["few", "many"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]


def test_a_table_counts_its_weights():
    axes = Figure().subplots()
    table = np.array([[2, 3, 0], [1, 2, 3], [0, 1, 2]])
    draw_weight_table(axes, table)
    assert axes.get_title() == "3 weights"
    shown = axes.images[0]
    colors = {number: tuple(shown.to_rgba(np.array([[number]]))[0, 0]) for number in range(4)}
    assert colors[0] == (1, 1, 1, 1) and len(set(colors.values())) == 4
    assert np.array_equal(shown.get_array(), table)
