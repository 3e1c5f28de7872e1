"""Dead units are counted, and the pictures of the others judged."""

import json

import numpy as np
import pytest
import torch

import vizkit
from tests.recipes import recipe, run


def test_dead_units_are_counted_and_the_others_judged(capsys):
    module = recipe("dead_units")
    arguments = ["lenet5@random", "--layers", "c1,c3", "--channels", "0-3", "--steps", 2]
    run(module, *arguments, "--json")
    found = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in found["layers"]] == ["c1", "c3"]
    assert (found["network"], found["channels"]) == ("lenet5@random", 8)
    assert found["dead"] == sum(len(row["dead"]) for row in found["layers"])
    assert all(0 <= row["clipped"] <= 1 and 0 < row["span"] <= 1 for row in found["layers"])
    run(module, *arguments)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("c1: 0 of 4 dead, 0 rescued; at most 0.0% of a picture clipped")
    assert printed[2] == "lenet5@random: 0 of 8 channels dead (0.0%)"


def test_contrast_of_pictures():
    module = recipe("dead_units")
    stripes = np.zeros((10, 20, 3), np.uint8)
    stripes[:, ::2] = (0, 255, 51)
    # Luminance of green and a fifth of blue, by Rec. 709.
    assert module.span(stripes) == pytest.approx(0.7152 + 0.0722 / 5)
    assert module.clipped(stripes) == pytest.approx(5 / 6)
    gray = np.full((10, 10, 1), 128, np.uint8)
    gray[0, 0] = 255  # a single pixel in a hundred is the 99th percentile's end, and no contrast
    assert module.span(gray) < 0.01
    assert module.clipped(gray) == 0.01


def test_a_layer_whose_channels_are_all_dead_has_no_pictures_to_judge():
    module = recipe("dead_units")
    net = vizkit.load("lenet5@random")
    with torch.no_grad():
        net.module.get_submodule(net.layer("c1").name).weight.zero_()
        net.module.get_submodule(net.layer("c1").name).bias.fill_(-1)
    row = module.examine(net, "c1", "0-1", vizkit.Recipe(steps=1, rescues=0))
    assert row["dead"] == ["lenet5@random/c1:0", "lenet5@random/c1:1"]
    assert (row["clipped"], row["span"]) == (None, None)
    assert module.sentence(row).startswith("c1: 2 of 2 dead; ")
