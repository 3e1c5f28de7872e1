"""Weights and parameters, counted by hand."""

from __future__ import annotations

import numpy as np

# Input, output, kernel and groups as in the papers and in torchvision's constructors; whether the
# layer has biases.
LAYERS = {
    "alexnet conv1": ((224, 3), (55, 64), 11, True),
    "alexnet conv2": ((27, 64), (27, 192), 5, True),
    "alexnet conv5": ((13, 256), (13, 256), 3, True),
    "vgg16 conv1_1": ((224, 3), (224, 64), 3, True),
    "vgg16 conv1_2": ((224, 64), (224, 64), 3, True),
    "vgg16 conv5_3": ((14, 512), (14, 512), 3, True),
    "googlenet conv1": ((224, 3), (112, 64), 7, False),
    "googlenet conv3": ((56, 64), (56, 192), 3, False),
    "googlenet 3a 1x1": ((28, 192), (28, 64), 1, False),
    "googlenet 3a 3x3": ((28, 96), (28, 128), 3, False),
}


def test_printed_numbers(printed, tmp_path):
    out = printed("parameter_sharing")
    assert "19 connections, 3 weights, used 6, 7 times" in out
    assert "49 connections, 49 weights, used 1 times" in out
    for name, ((side, depth), (maps, filters), kernel, biases) in LAYERS.items():
        (line,) = (each for each in out.splitlines() if each.startswith(f"{name} "))
        own = kernel * kernel * depth * filters + filters * biases
        many = side**2 * depth * maps**2 * filters + maps**2 * filters * biases
        assert f"{side}x{side}x{depth} " in line
        assert f"{maps}x{maps}x{filters} " in line
        assert f"= {own:,} " in line
        assert line.split()[-2:] == [f"{many:,}", f"{many / own:,.0f}"]
    assert (tmp_path / "parameter_sharing.png").is_file()


def test_one_weight_for_each_diagonal(recipe):
    page = recipe("parameter_sharing")
    conv = page.nn.Conv2d(1, 1, (3, 1), padding=(1, 0), bias=False)
    expected = np.zeros((page.UNITS, page.UNITS), int)
    for weight in (1, 2, 3):
        expected += weight * np.eye(page.UNITS, k=weight - 2, dtype=int)
    assert np.array_equal(page.weight_numbers(conv), expected)
