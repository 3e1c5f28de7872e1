"""What figures of small networks write is within the figure, and nothing covers anything."""

from itertools import pairwise

import pytest
from matplotlib.text import Text
from torch import nn

import vizkit


def boxes(figure):
    """Window extents of the texts that are seen, by their words."""
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return {text.get_text(): text.get_window_extent() for text in texts}


@pytest.fixture(scope="module")
def curves():
    return vizkit.tuning("lenet5", "c3:0-3", "grating.orientation")


@pytest.mark.parametrize("number", [0, 2])
def test_the_small_print_of_one_curve_is_whole(curves, number):
    figure = curves[number].figure()
    said = boxes(figure)
    (small,) = (box for words, box in said.items() if words.startswith("mean of"))
    assert small.x0 >= 0 and small.x1 <= figure.bbox.width
    assert any("°, " in words for words in said if "peak" in words)


def test_the_name_of_a_network_is_not_covered_by_that_of_the_image():
    said = boxes(vizkit.receptive_field("lenet5").figure())
    assert not said["lenet5 32"].overlaps(said["image 32 px"])


def test_names_of_networks_keep_clear_of_those_of_images():
    deep = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(50)])
    gray = vizkit.Preprocessing((0.5,), (0.25,), (16, 16))
    network = vizkit.load(deep, preprocessing=gray, name="deep")
    fields = [vizkit.receptive_field(each) for each in ("lenet5", network)]
    said = boxes(vizkit.plots.receptive_field_growth(*fields))
    images = [box for words, box in said.items() if words.startswith("image ")]
    names = [box for words, box in said.items() if words.split()[0] in ("lenet5", "deep")]
    assert (len(images), len(names)) == (2, 2)
    assert not any(name.overlaps(image) for name in names for image in images)


def test_a_surface_below_zero_has_shades_and_names_its_sweep():
    sweep = "grating.orientation*grating.frequency"
    surface = vizkit.tuning("lenet5", "c3:2", sweep)[0]
    assert surface.status == "negative"
    figure = surface.figure()
    (shades,) = (axes.collections[0] for axes in figure.axes if axes.get_ylabel().startswith("gra"))
    assert shades.get_clim() == (float(surface.response.min()), float(surface.response.max()))
    (title,) = ((words, box) for words, box in boxes(figure).items() if sweep in words)
    assert title[1].x1 <= figure.bbox.width


def test_titles_of_surfaces_leave_room_for_each_other():
    sweep = "grating.orientation*grating.frequency"
    figure = vizkit.plots.surface_maps(vizkit.tuning("lenet5", "c3:0-3", sweep))
    titles = [box for words, box in boxes(figure).items() if words.startswith("c3:")]
    assert len(titles) == 4
    assert all(one.x1 < next_.x0 for one, next_ in pairwise(titles))


def test_every_layer_of_few_is_named():
    layers = ["c1", "s2", "c3"]
    found = vizkit.invariance("lenet5", layers, "shift_x", images="noise", values=(0, 2))
    axes, *_ = found.figure().axes
    assert [text.get_text() for text in axes.get_legend().get_texts()][:3] == layers
