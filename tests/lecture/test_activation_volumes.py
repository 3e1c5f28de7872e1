"""Volumes and scores, as printed beside the figure."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

import vizkit
from vizkit.errors import WeightsNotFoundError


def test_sizes_of_lenet_and_an_image_of_the_users_own(recipe, capsys, tmp_path):
    own = tmp_path / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(own)
    out = tmp_path / "out"
    arguments = ["coffee", str(own), "--network", "lenet5@random", "--layers", "c1,s2,c3,s4"]
    recipe("activation_volumes").main([*arguments, "--out", str(out)])
    text = " ".join(capsys.readouterr().out.split())
    for side, depth in ((28, 6), (14, 6), (10, 16), (5, 16)):
        assert f"{side} x {side} x {depth} {side * side * depth:,} values" in text
    assert re.findall(r" (coffee|noise) ", text) == ["coffee", "noise"]
    names = {"activation_volumes.png", "activation_volumes_noise.png"}
    assert {path.name for path in out.iterdir()} == names


@pytest.mark.weights
def test_scores_are_sorted_and_name_what_is_there(printed):
    try:
        vizkit.load("efficientnet_lite0")
    except WeightsNotFoundError as error:
        pytest.skip(str(error))
    blocks = re.split(r"^(chelsea|coffee|rocket)$", printed("activation_volumes"), flags=re.M)[1:]
    for name, block in zip(blocks[::2], blocks[1::2], strict=True):
        rows = re.findall(r"^ +([\d.]+) %  (.+)$", block, re.M)
        assert len(rows) == 5
        shares = [float(share) for share, _ in rows]
        assert shares == sorted(shares, reverse=True) and sum(shares) < 100
        expected = {"chelsea": "cat|tabby", "coffee": "espresso|cup", "rocket": "missile|project"}
        assert re.search(expected[name], rows[0][1])
