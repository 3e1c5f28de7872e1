import pytest
import torch

import vizkit
from tests.plots.test_sheets import picture
from tests.probing.families.banks import gray, network, pattern, unrelated
from vizkit import plots
from vizkit.errors import UsageError

ANGLES = (0.0, 200.0, 90.0)


@pytest.fixture(scope="module")
def found():
    return vizkit.families(
        network(gray(torch.stack([pattern(9, angle) for angle in ANGLES]))), "0", draws=39
    )


def test_members_are_drawn_in_order_with_their_filters(found):
    figure = plots.family_sheet(found)
    tiles, (measured, aligned) = figure.axes[:3], figure.axes[3:]
    assert [axes.get_title().split("\n")[0] for axes in tiles] == [
        f":{channel}" for channel in found[0].channels
    ]
    for axes, channel in zip(tiles, found[0].channels, strict=True):
        shown = torch.tensor(axes.images[0].get_array()).double()
        filters = found.filters[channel].permute(1, 2, 0)
        assert shown.shape == (9, 9, 3)
        clear = filters.abs() > 0.02 * filters.abs().max()
        assert torch.equal((shown > 127.5)[clear], (filters > 0)[clear])
        assert shown.max() == 255 or shown.min() == 0
    assert len(measured.lines) == len(aligned.lines) == 3


def test_aligned_curves_fall_onto_each_other(found):
    figure = plots.family_sheet(found)
    for axes, close in zip(figure.axes[-2:], (False, True), strict=True):
        tops = [float(line.get_xdata()[line.get_ydata().argmax()]) for line in axes.lines]
        assert (max(tops) - min(tops) <= 15) is close


def test_renders_take_the_place_of_filters(found):
    shown = [picture(f"bank@own/0:{channel}") for channel in (0, 2)]
    figure = plots.family_sheet(found, renders=shown)
    drawn = [len(axes.images) for axes in figure.axes[:3]]
    assert drawn == [int(channel != 1) for channel in found[0].channels]


@pytest.mark.parametrize(
    ("transform", "word"), [("reflection", "mirrored"), ("scale", "× 1.00"), ("hue", "120°")]
)
def test_every_transform_has_its_figure(transform, word, tmp_path):
    if transform == "scale":
        filters = gray(torch.stack([pattern(17, 20), pattern(17, 20, 1.41)]))
    else:
        filters = unrelated(4, 5, seed=1)
        filters[2] = filters[0].flip(2) if transform == "reflection" else filters[0].roll(1, 0)
    found = vizkit.families(network(filters), "0", transform, draws=39)
    figure = plots.family_sheet(found)
    figure.savefig(tmp_path / "family.png")
    titles = " ".join(axes.get_title() for axes in figure.axes)
    assert word in titles or (transform == "hue" and "240°" in titles)


def test_no_such_family(found):
    with pytest.raises(UsageError, match="0 to 0"):
        plots.family_sheet(found, 3)
    none = vizkit.families(network(unrelated(3, 5, seed=0)), "0", draws=19)
    with pytest.raises(UsageError, match="no family"):
        plots.family_sheet(none)
