"""Diagrams of connections, volumes and steps show what they were given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

import vizkit
from computations.by_hand import convolve
from computations.connections import connections
from diagrams.animation import save_gif
from diagrams.connections import draw_connections
from diagrams.convolution import convolution_step
from diagrams.volumes import draw_volumes
from diagrams.windows import draw_windows
from vizkit.arithmetic import Volume, Window
from vizkit.errors import UsageError


def texts(figure) -> list[str]:
    return [each.get_text() for axes in figure.axes for each in axes.texts]


@pytest.fixture
def found():
    planes = np.arange(50).reshape(2, 5, 5)
    return convolve(planes, [[[[1, -1]] * 2] * 2] * 2, [100, 200], stride=2, padding=1)


def test_a_step_is_written_out(found):
    figure = convolution_step(found, 4)
    shown = texts(figure)
    # Window rows 2 and 3, columns 2 and 3 of the padded planes: 6 7 / 11 12 and 31 32 / 36 37.
    assert "plane 0:  6·1 + 7·(−1) + 11·1 + 12·(−1)  =  −2" in shown
    assert "o[1, 1, 0]  =  (−2) + (−2) + 100  =  96,  the last term is the bias" in shown
    assert "step 5 of 18" in shown
    assert shown.count("sum −2") == 2


def test_later_values_are_open(found):
    filled = [
        sum(map(bool, texts(convolution_step(found, 4, whole=whole)))) for whole in (True, False)
    ]
    assert filled[0] - filled[1] == 18 - 5


def test_no_such_step(found):
    with pytest.raises(UsageError, match=r"step 18 does not exist\.\n  Give one from 0 to 17\."):
        convolution_step(found, 18)


def test_a_line_for_each_connection():
    net = nn.Sequential(nn.Conv2d(1, 1, (3, 1), padding=(1, 0)), nn.MaxPool2d((2, 1)))
    given = connections(vizkit.receptive_field(net, (1, 8, 1)), ["0", "1"])
    axes = Figure().subplots()
    draw_connections(axes, given, lit=given.from_above(2), names=["a", "b", "c"])
    thin, bold = [], []
    for each in axes.collections:
        if hasattr(each, "get_segments"):
            kind = bold if each.get_linewidth()[0] > 1 else thin
            kind.append(len(each.get_segments()))
    assert [a + b for a, b in zip(thin, bold, strict=True)] == [22, 8]
    assert bold == [6, 2]  # the unit sees two, which see three each
    assert [each.get_text() for each in axes.texts] == ["a", "b", "c"]


def test_volumes_are_to_scale():
    axes = Figure().subplots()
    draw_volumes(axes, [Volume(32, 32, 3), Volume(16, 16, 12)], between=["pooling"])
    fronts = [np.ptp(patch.get_xy(), axis=0) for patch in axes.patches[2::3]]
    assert np.allclose(fronts, [(3, 32), (12, 16)])
    assert {"32x32x3", "16x16x12", "pooling"} <= {each.get_text() for each in axes.texts}
    assert axes.get_aspect() == 1


def test_a_gif_has_a_frame_for_each_figure(tmp_path):
    def figure(number: int) -> Figure:
        made = Figure((1, 1))
        made.text(0.5, 0.5, str(number))
        return made

    path = save_gif(map(figure, range(3)), tmp_path / "a" / "film.gif", frame_s=0.5, dpi=50)
    with Image.open(path) as film:
        assert (film.n_frames, film.size) == (3, (50, 50))
        times = []
        for frame in range(3):
            film.seek(frame)
            times.append(film.info["duration"])
    assert times == [500, 500, 1500]
    with pytest.raises(UsageError, match="nothing to animate"):
        save_gif([], path)


def test_windows_lie_where_they_read():
    axes = Figure().subplots()
    window = Window(7, 3, stride=3, before=1, after=0)
    draw_windows(axes, window)
    cells = [each for each in axes.patches if each.get_y() == 0]
    bars = [each for each in axes.patches if each.get_y() < 0]
    assert [each.get_x() for each in cells] == list(range(-1, 7))
    assert [round(each.get_x()) for each in bars] == [-1, 2]
    assert [round(each.get_width()) for each in bars] == [3, 3]
    unseen = [each for each in cells if each.get_facecolor() == cells[-1].get_facecolor()]
    assert len(unseen) == 2  # 5 and 6
    assert axes.get_title() == "(7 - 3 + 1 + 0)/3 + 1 = 2.667, floor 2"
