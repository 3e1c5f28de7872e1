"""Strips of pictures over depth, and charts of activation volumes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import vizkit
from diagrams.depth import depth_strip
from tests.units import unit_of
from vizkit.activations import image_activations
from vizkit.errors import UsageError
from vizkit.rendering import Render


def words(figure) -> str:
    figure.canvas.draw()
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    for axes in figure.axes:
        texts += [axes.get_xlabel(), axes.get_title()]
    return "\n".join([figure.get_suptitle(), *texts, *(each.get_text() for each in figure.texts)])


@pytest.fixture(scope="module")
def picture() -> Render:
    return vizkit.render("lenet5@random/c1:0", recipe=vizkit.Recipe(steps=1))[0]


def strip_of(picture, layers, count=2):
    return [
        [replace(picture, unit=unit_of(f"lenet5@random/{layer}:{row}")) for layer in layers]
        for row in range(count)
    ]


def test_a_strip_has_a_field_to_scale_below_each_column(picture):
    rows = strip_of(picture, ["c1", "s2", "c5"])
    fields = {"c1": (5, 5), "s2": (6, 6), "c5": (48, 40)}
    figure = depth_strip(rows, fields, (32, 32))
    assert len(figure.axes) == 2 * 3 + 3
    said = words(figure)
    for part in (
        "lenet5@random   RANDOM WEIGHTS",
        "5 px\n2.4 %",
        "6 px\n3.5 %",
        "48 x 40 px\n100 %",
    ):
        assert part in said
    spans = []
    for axes in figure.axes[-3:]:
        box = axes.get_window_extent()
        low, high = axes.get_xlim()
        spans.append(box.width / (high - low))
        # The field itself, then what is drawn around all: the frame of the input.
        widths = [patch.get_width() for patch in axes.patches]
        assert widths[-1] == 32
    assert spans[0] == pytest.approx(spans[1]) == pytest.approx(spans[2])
    assert [axes.patches[0].get_width() for axes in figure.axes[-3:]] == [5, 6, 40]


def test_images_stand_before_their_rows(picture):
    rows = strip_of(picture, ["c1", "c3"])
    images = [torch.zeros(1, 32, 32), torch.ones(1, 32, 32)]
    figure = depth_strip(rows, {"c1": (5, 5), "c3": None}, (32, 32), images=images, title="A title")
    firsts = [figure.axes[0], figure.axes[3]]
    assert [float(axes.images[0].get_array().mean()) for axes in firsts] == [0, 1]
    assert "A title" in words(figure) and "?" in words(figure)


def test_strips_that_cannot_be_drawn(picture):
    rows = strip_of(picture, ["c1", "c3"])
    fields = {"c1": (5, 5), "c3": (14, 14)}
    with pytest.raises(UsageError, match="same layers in every row"):
        depth_strip([rows[0], rows[1][:1]], fields, (32, 32))
    with pytest.raises(UsageError, match="same layers in every row"):
        depth_strip([], fields, (32, 32))
    with pytest.raises(UsageError, match="1 images were given for 2 rows"):
        depth_strip(rows, fields, (32, 32), images=[torch.zeros(1, 8, 8)])
    with pytest.raises(UsageError, match="no field of c3"):
        depth_strip(rows, {"c1": (5, 5)}, (32, 32))


def test_a_chart_has_every_map_and_the_scores():
    network = vizkit.load("lenet5@random")
    image = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = image_activations(network, ["c1", "s2", "c3"], image=image, channels=4)
    figure = seen.figure(title="a name")
    tiles = figure.axes[1:13]
    drawn = [torch.as_tensor(axes.images[0].get_array()) for axes in tiles]
    for column, part in zip(seen.layers, (drawn[:4], drawn[4:8], drawn[8:]), strict=True):
        torch.testing.assert_close(torch.stack(part), column.maps)
    said = words(figure)
    for part in (
        "a name   RANDOM WEIGHTS",
        "28x28\nx6\n4,704",
        "14x14\nx6\n1,176",
        "10x10\nx16\n1,600",
    ):
        assert part in said
    best = seen.classes[0]
    assert f"{best.name or f'class {best.channel}'}  {100 * best.probability:.1f} %" in said
    gaps = [
        b.get_position().x0 - a.get_position().x1
        for a, b in ((tiles[0], tiles[4]), (tiles[4], tiles[8]))
    ]
    assert gaps[0] < gaps[1], "a column that shows the same channels stands close by"
    with pytest.raises(UsageError, match="no layers to look at"):
        image_activations(network, [], image=image)
