"""The figure of growth says what it shows."""

import pytest
from torch import nn

import vizkit
from vizkit import plots
from vizkit.errors import UsageError


def curves(figure) -> dict[str, list[tuple[float, float]]]:
    """Points of each network's curve by its name, which is as colored as the curve."""
    (axes,) = figure.axes
    names = {each.get_color(): each.get_text() for each in axes.texts}
    lines = [line for line in axes.lines if line.get_linewidth() > 1 and line.get_ls() == "-"]
    return {names[line.get_color()]: list(zip(*line.get_data(), strict=True)) for line in lines}


def test_one_curve_for_each_network():
    found = curves(
        plots.receptive_field_growth(*map(vizkit.receptive_field, ("lenet5", "alexnet")))
    )
    # (depth, side) by the recurrence of the textbook; pooling keeps the depth.
    assert found["lenet5 32"] == [(0, 1), (1, 5), (1, 6), (2, 14), (2, 16), (3, 32)]
    assert found["alexnet 195"] == [
        *((0, 1), (1, 11), (1, 19), (2, 51), (2, 67), (3, 99), (4, 131), (5, 163), (5, 195))
    ]


def test_what_is_larger_than_the_image_is_ringed():
    fields = vizkit.receptive_field("googlenet")
    (axes,) = plots.receptive_field_growth(fields).axes
    rings = [line for line in axes.lines if line.get_markersize() == 5]
    assert [line.get_data()[1][0] for line in rings] == [235]
    assert "image 224 px" in [text.get_text() for text in axes.texts]


def test_a_curve_ends_where_all_positions_are_coupled():
    found = curves(plots.receptive_field_growth(vizkit.receptive_field("efficientnet_b0")))
    assert [side for _, side in found["efficientnet_b0 224, whole"]] == [1, 3, 224]


def test_names_do_not_cover_each_other():
    figure = plots.receptive_field_growth(*[vizkit.receptive_field("lenet5")] * 3)
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if text.get_text() == "lenet5 32"]
    boxes = [name.get_window_extent() for name in names]
    assert len(boxes) == 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_nothing_to_draw():
    with pytest.raises(UsageError, match="nothing to draw"):
        plots.receptive_field_growth()
    flat = nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).eval()
    with pytest.raises(UsageError, match="no layer with a map"):
        plots.receptive_field_growth(vizkit.receptive_field(flat, (1, 8, 8)))
