"""Figures of effective fields say what they show."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import vizkit
from tests.rendering.conftest import one_thread  # noqa: F401
from vizkit import plots
from vizkit.errors import UsageError
from vizkit.receptive_fields import effective_field, growth, null_field


@pytest.fixture(scope="module")
def grown():
    return growth(vizkit.load("lenet5@random"), ["c1", "s2", "c3"], images="noise")


def words(figure) -> str:
    found = [figure.get_suptitle()]
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
        legend = axes.get_legend()
        found += [text.get_text() for text in legend.get_texts()] if legend else []
        found += [text.get_text() for text in axes.texts]
    return "\n".join(found)


def test_a_map_and_its_profile(grown, tmp_path):
    layer = grown.layers[2]
    figure = plots.field_map(layer.effective, layer.null)
    said = words(figure)
    assert "RANDOM WEIGHTS" in said
    for part in ("lenet5@random  c3", "field 14 × 14 px", "gradient² of 8 images", "[px]"):
        assert part in said
    assert f"null model, σ {layer.null.sigma[1]:.1f} px" in said
    assert "beyond the image" not in said
    figure.savefig(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        pixels = np.array(image.convert("RGB"))
    box = figure.axes[0].get_window_extent()
    top, bottom = len(pixels) - int(box.y1), len(pixels) - int(box.y0)
    shown = pixels[top:bottom, int(box.x0) : int(box.x1)].reshape(-1, 3)
    # Frames, text and what lies beyond the image are gray; only the map has colors.
    colored = shown.max(1).astype(int) - shown.min(1) > 30
    assert colored.mean() > 0.3, "something covers the map"


def test_what_lies_beyond_the_image_is_marked():
    network = vizkit.load("alexnet@random")
    field = effective_field(network, "features.12", images="noise", positions=[(0, 0)])
    said = words(plots.field_map(field))
    assert "beyond the image" in said and "field 195 × 195 px" in said
    assert "null model" not in said


def test_trained_weights_have_no_badge(grown):
    field = grown.layers[0].effective
    trained = replace(field, weights=replace(field.weights, random=False))
    assert "RANDOM" not in words(plots.field_map(trained))


def test_curves_of_trained_and_random_weights(grown):
    trained = replace(grown, network="lenet5@digits", random=False)
    said = words(plots.growth_curves(trained, grown))
    for part in ("lenet5@digits, slope", "random weights, slope", "null model", "theory", "[px]"):
        assert part in said
    assert "RANDOM WEIGHTS" not in said
    assert "RANDOM WEIGHTS" in words(plots.growth_curves(grown))


def test_what_does_not_go_together(grown):
    with pytest.raises(UsageError, match=r"there is no growth to draw"):
        plots.growth_curves()
    with pytest.raises(UsageError, match=r"One figure takes one architecture"):
        plots.growth_curves(grown, replace(grown, layers=grown.layers[:2]))
    network = vizkit.load("lenet5@random")
    with pytest.raises(UsageError, match=r"the null field's map has \(5, 5\) pixels"):
        plots.field_map(grown.layers[2].effective, null_field(network, "c1"))
