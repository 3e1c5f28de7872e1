"""The numbers of the page, by plain loops."""

from __future__ import annotations

from matplotlib.figure import Figure
from PIL import Image

EXPECTED = [
    [[2, 3, 3], [3, 7, 3], [8, 10, -3]],
    [[-8, -8, -3], [-3, 1, 0], [-3, -8, -5]],
]


def numbered(found, number, **_) -> Figure:
    figure = Figure((1, 1))
    figure.text(0.5, 0.5, f"{number} of {len(found.steps)}")
    return figure


def test_output_planes_by_loops(recipe):
    page = recipe("convolution_by_hand")
    for weights, bias, expected in zip(page.FILTERS, page.BIASES, EXPECTED, strict=True):
        for row in range(3):
            for column in range(3):
                total = bias
                for c in range(3):
                    for i in range(3):
                        for j in range(3):
                            y, x = 2 * row + i - 1, 2 * column + j - 1
                            if 0 <= y < 5 and 0 <= x < 5:
                                total += page.INPUT[c][y][x] * weights[c][i][j]
                assert total == expected[row][column]


def test_the_planes_are_printed_last(recipe, printed, monkeypatch, tmp_path):
    # What a step looks like is tested with the figure; to draw 18 of them takes long.
    monkeypatch.setattr(recipe("convolution_by_hand"), "convolution_step", numbered)
    out = printed("convolution_by_hand")
    rows = [[int(n) for n in line.split()] for line in out.splitlines()[-7:] if line]
    assert [rows[:3], rows[3:]] == EXPECTED
    assert "28x28x1 = 784 values, each of them 75 products and a bias; PyTorch's are equal" in out
    regular = 3072 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10
    volumes = (5 * 5 * 3 + 1) * 6 + 14 * 14 * 6 * 10 + 10
    assert f"1x1x120 -> 1x1x84 -> 1x1x10  {regular:,} parameters" in out
    assert f"28x28x6 -> 14x14x6 -> 1x1x10  {volumes:,} parameters" in out
    with Image.open(tmp_path / "convolution_by_hand_steps.gif") as film:
        assert film.n_frames == 18
    for name in ("", "_volumes"):
        assert (tmp_path / f"convolution_by_hand{name}.png").is_file()
