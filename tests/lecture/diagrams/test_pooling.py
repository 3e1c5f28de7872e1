"""Figures of pooling, against plain loops."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from diagrams.pooled_maps import pooled_maps
from diagrams.pooling import pooling_diagram, pooling_windows
from tests.lecture.diagrams.test_depth import words
from vizkit.arithmetic import Pooling
from vizkit.errors import UsageError


def test_a_diagram_has_the_numbers_and_counts_what_changes():
    figure = pooling_diagram(
        {"still": (0.1, 1, 0.2, 0.1), "moved": (0.3, 0.1, 1, 0.2)}, 3, padding=1
    )
    still, moved = figure.axes
    numbers = [text.get_text() for text in moved.texts if text.get_text()[0].isdigit()]
    assert numbers == [
        "0.3",
        "0.1",
        "1",
        "0.2",
        "0.3",
        "1",
        "1",
        "1",
        "4 of 4 change",
        "2 of 4 change",
    ]
    assert [t.get_text() for t in still.texts][:8] == [
        "0.1",
        "1",
        "0.2",
        "0.1",
        "1",
        "1",
        "1",
        "0.2",
    ]
    assert len(still.lines) == 3 * 4 - 2, "windows at the ends reach into the padding"
    bold = [line.get_xdata() for line in still.lines if line.get_linewidth() > 2]
    assert [tuple(ends) for ends in bold] == [(1, 0), (1, 1), (1, 2), (2, 3)]
    with pytest.raises(UsageError, match=r"\[2, 3\] values"):
        pooling_diagram({"a": (1, 2), "b": (1, 2, 3)}, 2)


def test_the_last_window_may_be_smaller():
    figure = pooling_diagram({"": (0.1, 1, 0.2, 0.1, 0, 0.1)}, 3, stride=2, ceil=True)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts][6:9] == ["1", "0.2", "0.1"]
    assert len(axes.lines) == 3 + 3 + 2


@pytest.mark.parametrize(("pooling", "kernel"), [(Pooling(3, stride=2), 3), (Pooling(2), 2)])
def test_windows_are_counted(pooling, kernel):
    figure = pooling_windows([pooling], 7)
    (axes,) = figure.axes
    expected = [[0] * 7 for _ in range(7)]
    for y in range(0, 7 - kernel + 1, 2):
        for x in range(0, 7 - kernel + 1, 2):
            for i in range(kernel):
                for j in range(kernel):
                    expected[y + i][x + j] += 1
    assert [[int(n) for n in row] for row in axes.images[0].get_array()] == expected
    assert [text.get_text() for text in axes.texts] == [str(n) for row in expected for n in row]
    assert axes.get_title().endswith("7x7 to 3x3")


def test_maps_before_and_after_are_to_scale_and_changes_counted():
    generator = torch.Generator().manual_seed(0)
    first, moved = (torch.rand(16, 16, generator=generator).round(decimals=1) for _ in "ab")
    first[:4], moved[:4] = 0.0, 0.0
    pairs = [functional.max_pool2d(each[None], 2)[0] for each in (first, moved)]
    image = torch.zeros(3, 16, 16)
    shares = {"none": 1.0, "max": 0.5}
    figure = pooled_maps(image, (first, moved), tuple(pairs), shares, corner=(4, 6), patch=4)
    titled = {axes.get_title(): axes for axes in figure.axes}
    before, after = titled["before, 16 x 16"], titled["after, 8 x 8"]
    width, height = (each.get_window_extent().width for each in (before, after))
    assert width == pytest.approx(2 * height)
    patch = [text.get_text() for text in titled["a patch in numbers"].texts]
    assert patch == [f"{n:.1f}" for n in first[4:8, 6:10].flatten().tolist()]
    assert len(titled["pooled"].texts) == 4
    active = (first != 0) | (moved != 0)
    share = float((first != moved)[active].float().mean())
    assert f"{100 * share:.0f} % change" in words(figure)
    assert "50 %" in words(figure)
    with pytest.raises(UsageError, match="do not fit each other"):
        pooled_maps(image, (first, moved), tuple(pairs), shares, corner=(3, 0))


def test_the_liveliest_patch_is_found():
    flat = torch.zeros(16, 16)
    flat[11, 5] = 1.0
    pooled = functional.max_pool2d(flat[None], 2)[0]
    figure = pooled_maps(torch.zeros(1, 16, 16), (flat, flat), (pooled, pooled), {}, patch=4)
    patch = next(axes for axes in figure.axes if axes.get_title() == "a patch in numbers")
    assert "1.0" in [text.get_text() for text in patch.texts]


def test_titles_keep_a_distance():
    figure = pooling_windows([Pooling(3, stride=2), Pooling(2)], 7, title="How many")
    figure.draw_without_rendering()
    head = figure._suptitle.get_window_extent()
    for axes in figure.axes:
        assert head.y0 - axes.title.get_window_extent().y1 > 0.1 * figure.dpi
