"""Where shifting the image and shifting the map are the same."""

from __future__ import annotations

import re
import sys

import pytest

import vizkit
from vizkit.errors import WeightsNotFoundError
from vizkit.probing.equivariance import commuting_square
from vizkit.receptive_fields import view_images


def test_a_network_without_padding(recipe, monkeypatch, capsys, tmp_path):
    page = recipe("translation_equivariance")
    monkeypatch.setattr(page, "SMALL", (32, 32))
    monkeypatch.setattr(page, "ROOMY", (48, 48))
    arguments = ["--network", "lenet5@random", "--layer", "s2", "--phases", "c1,s2"]
    arguments += ["--images", "2", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["translation_equivariance", *arguments])
    page.main()
    out = capsys.readouterr().out
    # 14 x 14 units, moved by two: 12 x 12 are left, and no padding is there to break one.
    assert (
        "translation 4 pixels (units on units): 144 units compared, 144 of them free of padding"
    ) in out
    assert re.search(r"translation 1 pixels \(units between units\): 169 units compared", out)
    assert len(re.findall(r"interior error \d", out)) == 8 + 2
    assert {path.name for path in tmp_path.iterdir()} == {
        f"translation_equivariance{name}.png"
        for name in ("", "_stride", "_rotation", "_scale", "_groups", "_phases")
    }


def interior(input_size: int) -> range:
    """Units of VGG16's conv4_3 along one axis that no padding reaches, layer by layer."""
    free = range(input_size)
    size = input_size
    for layer in "CCPCCPCCCPCCC":
        if layer == "C":  # 3 wide, padded by 1: the first and the last that touch are lost
            free = range(max(free.start + 1, 1), min(free.stop - 1, size - 1))
        else:
            size //= 2
            free = range((free.start + 1) // 2, free.stop // 2)
    return free


@pytest.mark.weights
def test_the_real_network_is_exact_where_the_calculator_says():
    try:
        network = vizkit.load("vgg16@hed")
    except WeightsNotFoundError as error:
        pytest.skip(str(error))
    assert interior(224) == range(6, 22)
    image = view_images(network, "photographs", (256, 256))[2:3]
    found = commuting_square(network, "conv4_3", "translation", 16, image)
    free = len(interior(224)) - 16 // 8
    assert int(found.interior.sum()) == free**2 == 196
    assert int(found.compared.sum()) == (28 - 2) ** 2
    # Kernels may round differently at different places on other processors.
    assert found.error(found.interior) < 1e-5
    assert found.error(~found.interior) > 0.1
    half = commuting_square(network, "conv4_3", "translation", 4, image)
    assert not half.on_grid and half.error(half.interior) > 0.05
    turned = commuting_square(network, "conv4_3", "rotation", 90, image)
    assert turned.on_grid and turned.error(turned.interior) > 0.3
