"""Natural examples in a gallery: planted pictures, their crops on the page, other folders."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import vizkit
from tests.gallery.small import QUICK, bytes_of
from vizkit.errors import UsageError
from vizkit.gallery import make

NASTY = "<i>&'.png"
SHADES = {"a.png": 40, "b.png": 90, "c.png": 140, NASTY: 190}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Black pictures with a gray square that one position sees, one brighter than the other."""
    (tmp_path / "photos").mkdir()
    for number, (name, shade) in enumerate(SHADES.items()):
        pixels = np.zeros((48, 96, 3), np.uint8)
        pixels[12:24, 24 + 12 * number : 36 + 12 * number] = shade
        Image.fromarray(pixels).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    return tmp_path / "photos"


@pytest.fixture(scope="module")
def network() -> vizkit.Network:
    """How bright patches of 6 x 6 are; and a channel that nothing drives."""
    convolution = nn.Conv2d(3, 2, 6, stride=6)
    with torch.no_grad():
        convolution.weight.fill_(1 / 108)
        convolution.weight[1] = -1
        convolution.bias.zero_()
    numbers = vizkit.Preprocessing((0.0,) * 3, (1.0,) * 3, (24, 24), resize=24)
    return vizkit.load(nn.Sequential(convolution, nn.ReLU()), preprocessing=numbers, name="patches")


def gallery(network: vizkit.Network, root: Path, folder: Path) -> int:
    studies = {"renders": {}, "examples": {"images": str(folder), "top": 2}}
    done = make(network, root, layers=["0"], recipe=QUICK, studies=studies)
    assert done.failed == ()
    return done.computed


def record(root: Path, channel: int) -> dict:
    (file,) = root.glob(f"*/*/examples/{channel}.json")
    return json.loads(file.read_text())["data"]


def test_crops_are_the_planted_squares(
    network: vizkit.Network, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "gallery"
    assert gallery(network, root, folder) > 0
    data = record(root, 0)
    top = [each for each in data["examples"] if each["kind"] == "top"]
    assert [each["file"] for each in top] == [NASTY, "c.png"]
    assert [each["position"] for each in top] == [[1, 3], [1, 2]]
    assert [each["box"] for each in top] == [[12, 60, 23, 71], [12, 48, 23, 59]]
    assert data["images"] == 4 and sum(data["counts"]) == 4
    (file,) = root.glob("*/*/examples/0.webp")
    sheet = np.asarray(Image.open(io.BytesIO(file.read_bytes())).convert("RGB")).astype(float)
    for each in data["examples"]:
        x, y, width, height = each["crop"]
        assert sheet[y : y + height, x : x + width].mean() == pytest.approx(
            SHADES[each["file"]], abs=4
        )
    assert {each["value"] for each in record(root, 1)["examples"]} == {0.0}


def test_the_page_names_what_it_shows_and_marks_the_picture(
    network: vizkit.Network, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "gallery"
    gallery(network, root, folder)
    (page,) = root.glob("*/*/0.html")
    text = page.read_text()
    assert "<i>" not in text and "&lt;i&gt;&amp;&#39;.png" in text
    assert str(tmp_path) not in text, "pages carry no paths of the machine"
    assert text.count("<li><svg") == len(record(root, 0)["examples"])
    (rendered,) = root.glob("*/*/renders/0.json")
    peak = json.loads(rendered.read_text())["data"]["peak"]
    assert f"its picture {peak:.3g}" in text


def test_other_images_make_other_examples_and_the_same_ones_none(
    network: vizkit.Network, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "gallery"
    gallery(network, root, folder)
    before = bytes_of(root)
    assert gallery(network, root, folder) == 0 and bytes_of(root) == before
    (folder / "a.png").unlink()
    assert gallery(network, root, folder) == 2, "the pictures stay"
    assert record(root, 0)["images"] == 3


def test_what_cannot_be_is_said_before_anything_is_made(
    network: vizkit.Network, tmp_path: Path
) -> None:
    for options, said in [
        ({"images": "nowhere"}, "no set of images"),
        ({"top": 0}, "out of range"),
    ]:
        with pytest.raises(UsageError, match=said):
            make(network, tmp_path / "g", layers=["0"], studies={"examples": options})
    assert not (tmp_path / "g").exists()
