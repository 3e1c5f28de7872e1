import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.units import unit_of
from vizkit import plots
from vizkit.errors import UsageError
from vizkit.rendering import Render, Renders

SIZES = [(40, 64), (64, 40), (96, 96), (33, 47)]


def picture(address: str, size: tuple[int, int] = (48, 48), channels: int = 3, **changes) -> Render:
    generator = torch.Generator().manual_seed(sum(size) + len(address))
    facts = {
        "objective": "0:0",
        "canvas": "fourier",
        "initial": 0.25,
        "final": 3.5,
        "peak": 7.0,
        "dead": False,
        "seed": 0,
        "steps": 8,
        "attempts": 1,
        "block_size": 4,
        "dtype": "float32",
        "wall_s": 0.1,
        "random": False,
    }
    image = torch.rand(channels, *size, generator=generator)
    return Render(unit=unit_of(address), image=image, canvas_size=size, **{**facts, **changes})


def some(count: int = 5, layer: str = "conv4_3", **changes) -> Renders:
    return Renders([picture(f"vgg16@hed/{layer}:{n}", **changes) for n in range(count)])


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def saved_pixels(figure, path) -> np.ndarray:
    figure.savefig(path)
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def enlarged(render: Render, times: int = 1) -> np.ndarray:
    pixels = render.pixels()
    if pixels.shape[2] != 3:
        planes = np.concatenate(list(np.moveaxis(pixels, 2, 0)), axis=1)
        pixels = np.repeat(planes[..., None], 3, axis=2)
    dots = plots.STYLE["dots"] * times
    return np.repeat(np.repeat(pixels, dots, axis=0), dots, axis=1)


def occurs(part: np.ndarray, whole: np.ndarray) -> bool:
    starts = np.argwhere((whole == part[0, 0]).all(axis=2))
    height, width = part.shape[:2]
    return any(np.array_equal(whole[y : y + height, x : x + width], part) for y, x in starts)


def test_each_picture_is_in_the_figure_with_its_exact_pixels():
    renders = some()
    figure = plots.contact_sheet(renders)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert len(shown) == len(renders)
    for array, render in zip(shown, renders, strict=True):
        assert np.array_equal(array, render.pixels())


def test_saved_pictures_of_every_size_have_the_same_scale_and_exact_pixels(tmp_path):
    renders = [picture(f"vgg16@hed/conv4_3:{n}", size) for n, size in enumerate(SIZES)]
    whole = saved_pixels(plots.contact_sheet(renders, columns=3), tmp_path / "sheet.png")
    for render in renders:
        assert occurs(enlarged(render), whole), render.canvas_size


@pytest.mark.parametrize(("side", "times"), [(8, 8), (28, 2), (32, 2), (40, 1)])
def test_pictures_of_a_few_pixels_are_enlarged_by_a_whole_number(tmp_path, side, times):
    render = picture("lenet5@digits/c1:0", (side, side), 1)
    whole = saved_pixels(plots.contact_sheet([render]), tmp_path / "sheet.png")
    assert occurs(enlarged(render, times), whole)


def test_a_gray_picture_is_not_stretched(tmp_path):
    image = torch.full((1, 32, 32), 0.4)
    image[:, 8:, 8:] = 0.5
    render = picture("lenet5@random/c3:1", (32, 32), channels=1)
    render = replace(render, image=image)
    assert occurs(enlarged(render), saved_pixels(plots.contact_sheet([render]), tmp_path / "g.png"))


@pytest.mark.parametrize("channels", [2, 4])
def test_planes_without_a_color_lie_side_by_side(tmp_path, channels):
    render = picture("net@own/0:0", (96, 120), channels)
    whole = saved_pixels(plots.contact_sheet([render, render]), tmp_path / "planes.png")
    assert occurs(enlarged(render), whole)


@pytest.mark.parametrize(("kind", "head"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_vector_files(tmp_path, kind, head):
    path = tmp_path / f"sheet.{kind}"
    plots.contact_sheet(some(2)).savefig(path)
    assert path.read_bytes().startswith(head)


def test_pictures_fill_rows():
    figure = plots.contact_sheet(some(7), columns=3)
    boxes = [axes.get_position() for axes in figure.axes]
    assert len({round(box.y0, 6) for box in boxes}) == 3
    assert len({round(box.x0, 6) for box in boxes}) == 3


def test_eight_columns_at_most_by_default():
    figure = plots.contact_sheet(some(20))
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == 8


def test_captions_tell_unit_and_responses_and_the_title_the_rest():
    found = words(plots.contact_sheet(some(2, initial=0.2149)))
    assert "vgg16@hed, layer conv4_3" in found
    assert {"0", "1", "0.215 → 3.5"} <= set(found)


def test_units_of_several_layers_are_named_with_their_layer():
    both = [*some(1, "conv3_1"), *some(1, "conv4_3"), picture("vgg16@hed/conv5_1:3@7,7")]
    assert {"conv3_1:0", "conv4_3:0", "conv5_1:3@7,7"} <= set(words(plots.contact_sheet(both)))


def test_dead_failed_and_random_are_said():
    renders = [
        picture("vgg16@random/conv4_3:0", dead=True, random=True),
        picture("vgg16@random/conv4_3:1", error="overflow", random=True),
    ]
    figure = plots.contact_sheet(renders)
    assert words(figure).count("RANDOM WEIGHTS") == 2
    assert {"dead", "failed"} <= set(words(figure))
    assert [len(axes.images) for axes in figure.axes] == [1, 0]


def test_an_unknown_start_is_left_out():
    assert "→ 3.5" in words(plots.contact_sheet(some(1, initial=float("nan"))))


def test_no_badge_for_trained_weights():
    assert "RANDOM WEIGHTS" not in words(plots.contact_sheet(some()))


def test_own_captions_are_no_mathematics(tmp_path):
    figure = plots.contact_sheet(some(2), captions=["zebra", "$5 and $6 \\frac"], title="")
    figure.savefig(tmp_path / "sheet.png")
    assert "$5 and $6 \\frac" in words(figure)


def test_text_stays_inside_and_captions_apart():
    names = ["a class with quite a long name, and another", "x"] * 2
    figure = plots.contact_sheet(some(4), captions=names, title="A title " * 20)
    figure.canvas.draw()
    width, height = figure.bbox.size
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    for number, box in enumerate(boxes):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        for other in boxes[number + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            down = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across <= 0 or down <= 2, "two texts lie on each other"


def test_a_small_picture_leaves_room_for_the_words_below():
    figure = plots.contact_sheet([picture("a@own/0:1", (20, 20), steps=1000)], title="")
    figure.canvas.draw()
    assert max(text.get_window_extent().x1 for text in figure.texts) <= figure.bbox.width


def test_layer_sheet_has_a_row_per_layer_and_more_where_needed():
    figure = plots.layer_sheet([*some(2, "conv1_1"), *some(5, "conv2_1")], columns=3)
    rows = [round(axes.get_position().y0, 6) for axes in figure.axes]
    assert len(set(rows[:2])) == 1
    assert len(set(rows[2:5])) == 1
    assert len(set(rows)) == 3
    found = words(figure)
    assert found.count("conv1_1") == found.count("conv2_1") == 1
    assert "vgg16@hed" in found


def test_layer_sheet_of_two_networks_names_them():
    both = [picture("vgg16@hed/conv1_1:0"), picture("vgg19@hed/conv1_1:0")]
    assert {"vgg16@hed/conv1_1", "vgg19@hed/conv1_1"} <= set(words(plots.layer_sheet(both)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"renders": []}, "no pictures"),
        ({"renders": some(2), "captions": ["one"]}, "1 captions were given for 2 pictures"),
        ({"renders": some(2), "columns": 0}, "columns=0 is out of range"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(UsageError, match=message):
        plots.contact_sheet(**arguments)


def test_pyplot_is_not_involved_and_matplotlib_only_on_use():
    # In a process of its own: this one may have imported anything.
    program = """
import io, sys
import vizkit
renders = vizkit.render("lenet5@random/c3:0", recipe=vizkit.Recipe(steps=1))
vizkit.plots
assert "matplotlib" not in sys.modules
from matplotlib import rcParams
def settings():  # rcParams["backend"] would import pyplot
    return {key: dict.__getitem__(rcParams, key) for key in dict.keys(rcParams)}
before = settings()
vizkit.plots.contact_sheet(renders).savefig(io.BytesIO(), format="png")
assert "matplotlib.pyplot" not in sys.modules
assert settings() == before
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_renders_show_themselves_in_a_notebook():
    renders = Renders([picture("vgg16@hed/conv4_3:0", (40, 64)), picture("vgg16@hed/a&b:1")])
    page = renders._repr_html_()
    assert page.count("<img") == 1 and "RANDOM WEIGHTS" not in page
    texts = [text.get_text() for text in renders.figure().texts]
    assert "conv4_3:0" in texts and "a&b:1" in texts
    assert "a&amp;b" in renders[1]._repr_html_() and "a&b" not in renders[1]._repr_html_()
    assert "RANDOM WEIGHTS" in some(1, random=True)._repr_html_()
    assert "1 dead" in some(1, dead=True)._repr_html_()
