"""Strips of channels that nobody picked."""

from __future__ import annotations

import re

import pytest
import torch
from PIL import Image
from skimage import data

import vizkit
from vizkit.errors import WeightsNotFoundError


def test_channels_follow_the_rule(recipe, capsys, tmp_path):
    page = recipe("features_over_depth")
    arguments = ["--network", "lenet5@random", "--layers", "c1,c3", "--rows", "2", "--steps", "1"]
    page.main([*arguments, "--out", str(tmp_path)])
    out = capsys.readouterr().out
    network = vizkit.load("lenet5@random")
    images = [network.prepare(getattr(data, name)()) for name in page.PHOTOS]
    for layer, field, share in (("c1", 5, 100 * 25 / 1024), ("c3", 14, 100 * 196 / 1024)):
        with torch.no_grad(), vizkit.capture(network, layer, after_activation=True) as acts:
            rows = []
            for image in images:
                network(image)
                rows.append(acts[layer][0].double().mean((1, 2)).tolist())
        taken = []
        for row in range(2):
            others = [
                sum(o[c] for i, o in enumerate(rows) if i != row) / 7 for c in range(len(rows[0]))
            ]
            gains = {c: rows[row][c] - others[c] for c in range(len(others)) if c not in taken}
            taken.append(max(gains, key=gains.get))
        line = next(each for each in out.splitlines() if each.startswith(layer))
        assert re.sub(" +", " ", line).startswith(
            f"{layer} sees {field} x {field} px, {share:.3g} % of the input; "
            f"channels {taken[0]}, {taken[1]}"
        )
    with Image.open(tmp_path / "features_over_depth.png") as image:
        assert image.width > 600


@pytest.mark.weights
@pytest.mark.slow
def test_both_networks_in_one_go(printed, tmp_path):
    try:
        vizkit.load("vgg16@hed")
    except WeightsNotFoundError as error:
        pytest.skip(str(error))
    out = printed("features_over_depth")
    assert "dead" not in out
    # Sides of receptive fields: 7 + 2*2 = 11 behind the first pooling of GoogLeNet; VGG16's by
    # the usual recurrence.
    size, step, vgg = 1, 1, {}
    for block, count in enumerate((2, 2, 3, 3, 3), 1):
        for number in range(1, count + 1):
            size += 2 * step
            vgg[f"conv{block}_{number}"] = size
        size, step = size + step, 2 * step
    for name, side in {"conv1": 7, "conv2": 11, "inception5b": 379, **vgg}.items():
        for found in re.findall(rf"^{name} +sees +(\d+) x", out, re.M):
            assert int(found) == side
    assert {p.name for p in tmp_path.iterdir()} == {
        "features_over_depth.png",
        "features_over_depth_vgg16.png",
    }
