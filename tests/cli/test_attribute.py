"""``vizkit attribute``: numbers as JSON, a map as PNG."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vizkit.cli import main


def test_a_map_and_its_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "seven.png"
    Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save(photo)
    out = tmp_path / "maps"
    assert main(["attribute", "lenet5/c3:2", str(photo), "--json", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "address", "image", "method", "value", "completeness", "sanity", "top_channels", "file"
    ]  # fmt: skip
    assert (told["address"], told["image"]) == ("lenet5@digits/c3:2", "seven.png")
    assert told["completeness"] < 0.01
    with Image.open(told["file"]) as figure:
        assert figure.width > 2 * figure.height


def test_channels_of_a_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "seven.png"
    Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save(photo)
    options = ["--method", "layer_conductance", "--to", "c1", "--json"]
    assert main(["attribute", "lenet5/c3:2", str(photo), *options]) == 0
    top = json.loads(capsys.readouterr().out)["top_channels"]
    assert sorted(each["channel"] for each in top) == list(range(6))
    sizes = [abs(each["value"]) for each in top]
    assert sizes == sorted(sizes, reverse=True)
