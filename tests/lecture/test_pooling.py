"""Numbers of pooling, by plain loops and by hand."""

from __future__ import annotations

import re

import pytest
import torch
from PIL import Image

import vizkit
from vizkit.errors import WeightsNotFoundError

FIGURES = {f"pooling{name}.png" for name in ("", "_shift", "_stride", "_overlap")}
GOOGLENET = ["--network", "googlenet@distilled", "--layers", "conv1,maxpool1"]


def test_windows_of_the_textbook_by_loops(recipe):
    page = recipe("pooling")
    for values, width, step, pad, expected in (
        ((0.1, 1, 0.2, 0.1), 3, 1, 1, [1, 1, 1, 0.2]),
        ((0.3, 0.1, 1, 0.2), 3, 1, 1, [0.3, 1, 1, 1]),
        ((0.1, 1, 0.2, 0.1, 0, 0.1), 3, 2, 0, [1, 0.2, 0.1]),
    ):
        found = page.pooled(values, width, step, pad)
        assert found == expected
        by_loops = []
        for start in range(-pad, len(values) + pad - 1, step):
            window = [values[i] for i in range(start, start + width) if 0 <= i < len(values)]
            by_loops.append(max(window))
        assert found == by_loops[: len(found)]
    assert page.DETECTORS == {
        "detectors": (0.1, 1, 0.2, 0.1),
        "moved to the right by one": (0.3, 0.1, 1, 0.2),
    }


def test_shares_count_active_values_away_from_the_border(recipe):
    page = recipe("pooling")
    first, moved = torch.ones(1, 12, 12), torch.ones(1, 12, 12)
    first[0, 0, 0] = 9  # at the border
    moved[0, 5, 5] = 2
    first[0, 6, 6] = moved[0, 6, 6] = 0
    assert page.share(first, moved) == pytest.approx(1 / 15)
    flat = torch.tensor([[1.0, 1, 1, 1], [0, 0, 1, 3], [0, 0, 0, 9]])[:, None]
    assert page.uneven(flat) == 1, "the third is active at too few places"


def test_what_is_printed_and_drawn(recipe, capsys, tmp_path):
    recipe("pooling").main([*GOOGLENET, "--out", str(tmp_path)])
    out = capsys.readouterr().out
    before, after = 224 * 224 * 64, 112 * 112 * 64
    assert f"224x224x64 -> 112x112x64: {before:,} values -> {after:,}, 75 % gone" in out
    assert 1 - after / before == 0.75
    assert "4 of 4 inputs change, 2 of 4 outputs" in out
    assert "(0.1, 1.0, 0.2, 0.1, 0.0, 0.1) -> (1.0, 0.2, 0.1), from 3, 3 and 2 inputs" in out
    # (55 - 3)/2 + 1 = 27 and (55 - 2)/2 + 1 = 27.5: one row is left over.
    assert "pooling 3x3, stride 2: 55x55x96 -> 27x27x96, overlap 1, unread rows 0" in out
    assert "pooling 2x2, stride 2: 55x55x96 -> 27x27x96, overlap 0, unread rows 1" in out
    assert {path.name for path in tmp_path.iterdir()} == FIGURES
    for name in FIGURES:
        with Image.open(tmp_path / name) as image:
            assert image.width > 1000


@pytest.mark.weights
def test_pooling_calms_the_real_network(printed):
    try:
        vizkit.load("vgg16@hed")
    except WeightsNotFoundError as error:
        pytest.skip(str(error))
    out = printed("pooling")
    found = re.findall(r"relu1_2, (.+): ([\d.]+) % of active", out)
    shares = {name: float(share) for name, share in found}
    assert shares["not pooled"] > 99
    # Of independent values (w - 1)/(w + 1) would stay: a third for 2 columns, a half for 3.
    assert 50 < shares["max 3x3, step 2"] < shares["max 2x2, step 2"] < 100
    assert shares["max 2x2, step 2"] < shares["mean 2x2, step 2"]
    assert shares["max 2x2, step 2"] == pytest.approx(80, abs=3), "the page says: a fifth stays"
    assert "relu1_2 (64, 224, 224) -> pool1 (64, 112, 112)" in out
