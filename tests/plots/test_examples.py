"""The sheet of dataset examples."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.text import Text

import vizkit
from vizkit.dataset_examples import Examples
from vizkit.plots.examples import example_sheet


@pytest.fixture(scope="module")
def found() -> Examples:
    return vizkit.examples("lenet5", ["c3:1", "logits:2"], images="digits", top=3)


def test_every_example_is_drawn_with_its_numbers(found: Examples) -> None:
    for each in found:
        figure = each.figure()
        words = [text.get_text() for text in figure.texts]
        assert sum(each.unit.address in word and "40 images" in word for word in words) == 1
        for example in each.examples:
            assert any(word.startswith(f"{example.value:.3g}, ") for word in words)
            assert example.file in words
        assert {"strongest", "quantiles", "weakest"} <= set(words)
        crops = [axes for axes in figure.axes if axes.images]
        assert len(crops) == len(each.examples)


def test_the_histogram_has_all_images_and_the_pictures_own_response(found: Examples) -> None:
    renders = vizkit.render("lenet5", ["c3:1", "logits:2"], recipe=vizkit.Recipe(steps=2))
    for each, render in zip(found, renders, strict=True):
        assert each.counts.sum() == 40
        curve = next(axes for axes in each.figure(renders=render).axes if axes.patches)
        own = render.peak if render.unit.layer.spatial else render.final
        assert [line.get_xdata()[0] for line in curve.lines] == [own]
    alone = next(axes for axes in found[0].figure(renders=renders[1]).axes if axes.patches)
    assert not alone.lines, "a picture of another unit is not this one's"


def test_small_print_is_whole_and_covers_nothing(found: Examples) -> None:
    named = replace(found[0].examples[0], file="a photograph with a very long name.jpg")
    long = replace(found[0], examples=(named, *found[0].examples[1:]))
    figure = example_sheet(replace(found, units=(long, found[1])))
    figure.draw_without_rendering()
    boxes = [
        text.get_window_extent()
        for text in figure.texts
        if isinstance(text, Text) and text.get_text()
    ]
    for number, box in enumerate(boxes):
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width
        assert box.y0 >= 0 and box.y1 <= figure.bbox.height
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
