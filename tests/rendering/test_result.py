"""What a picture carries, and how it is saved and shown."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.units import unit_of
from vizkit.rendering import Render, Renders
from vizkit.rendering.result import to_pixels


def picture(image: Tensor | None = None) -> Render:
    image = (
        torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0)) if image is None else image
    )
    return Render(
        unit=unit_of("net@own/layer<1>:2@3,4"),
        objective="layer<1>:2@3,4",
        canvas="fourier",
        image=image,
        initial=0.5,
        final=2.25,
        peak=7.0,
        dead=False,
        seed=3,
        steps=9,
        attempts=1,
        canvas_size=(image.shape[1], image.shape[2]),
        block_size=4,
        dtype="float32",
        wall_s=0.123456,
        random=False,
    )


def test_plain_data_has_the_agreed_fields() -> None:
    data = picture().as_dict()
    assert (
        json.loads(json.dumps(data))
        == data
        == {
            "address": "net@own/layer<1>:2@3,4",
            "objective": "layer<1>:2@3,4",
            "initial": 0.5,
            "final": 2.25,
            "peak": 7.0,
            "dead": False,
            "seed": 3,
            "steps": 9,
            "canvas": "fourier",
            "canvas_size": [5, 7],
            "wall_s": 0.1235,
        }
    )


def test_pixels_are_rounded_and_never_stretched() -> None:
    values = torch.tensor([0.0, 0.2, 0.5, 1.0, 1.5, -0.5])
    image = values.view(1, 1, 6).expand(3, 2, 6)
    expected = np.array([0, 51, 128, 255, 255, 0], dtype=np.uint8)
    pixels = to_pixels(image)
    assert pixels.shape == (2, 6, 3)
    assert (pixels == expected[None, :, None]).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_files_hold_the_pixels(tmp_path: Path, channels: int, mode: str) -> None:
    made = picture(torch.rand(channels, 5, 7))
    path = made.save(tmp_path / "new")
    with Image.open(path) as file:
        assert (file.mode, file.size) == (mode, (7, 5))
        shown = np.asarray(file).reshape(5, 7, -1)
        np.testing.assert_array_equal(shown, made.pixels())
        assert file.info["Title"] == made.address
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.name == "net~aown~slayer~x3C1~x3E~c2~a3~k4.png"


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_planes_without_a_color_lie_side_by_side(tmp_path: Path, channels: int) -> None:
    made = picture(torch.rand(channels, 5, 7))
    with Image.open(made.save(tmp_path)) as file:
        assert (file.mode, file.size) == ("L", (7 * channels, 5))
        for plane in range(channels):
            shown = np.asarray(file)[:, 7 * plane : 7 * (plane + 1)]
            np.testing.assert_array_equal(shown, made.pixels()[..., plane])


def test_equal_pictures_are_equal_files() -> None:
    assert picture().to_png() == replace(picture(), wall_s=9.0).to_png()


@pytest.mark.parametrize(
    ("change", "text"),
    [({"dead": True}, "dead"), ({"random": True}, "RANDOM WEIGHTS"), ({}, "0.5 -> 2.25")],
)
def test_files_say_what_must_not_be_overlooked(change: dict[str, bool], text: str) -> None:
    file = Image.open(io.BytesIO(replace(picture(), **change).to_png()))  # type: ignore[arg-type]
    assert text in file.info["Comment"]


def test_in_jupyter_a_picture_shows_itself() -> None:
    made = picture()
    sheet = Renders([made, replace(made, dead=True)])
    for shown in (made, sheet):
        html = shown._repr_html_()
        assert html.startswith("<img") and "base64,iVBOR" in html  # a PNG file
        assert "layer<1>" not in html and "layer&lt;1&gt;" in made._repr_html_()
    assert len(sheet.figure().axes) == 2 and len(made.figure().axes) == 1


def test_results_are_a_sequence() -> None:
    made = [replace(picture(), seed=seed) for seed in range(4)]
    results = Renders(made)
    assert len(results) == 4 and list(results) == made
    assert results[1] is made[1] and results[-1] is made[3]
    assert isinstance(results[1:3], Renders) and list(results[1:3]) == made[1:3]
    assert repr(results) == "<Renders of 4 pictures, 0 dead>"
    assert repr(results[:1]) == "<Renders of 1 picture, 0 dead>"
    assert "5x7 px, response 2.25" in repr(made[0])
    assert str(results) == "\n".join(map(str, made))
    assert results.as_dict() == {"renders": [each.as_dict() for each in made]}
    unknown = replace(picture(), final=math.nan, random=True, error="overflow")
    assert "failed" in str(unknown) and unknown.as_dict()["final"] is None
    for text in (repr(unknown), str(unknown), repr(Renders([unknown]))):
        assert "RANDOM WEIGHTS" in text


def test_all_are_saved(tmp_path: Path) -> None:
    paths = Renders([picture(), replace(picture(), unit=unit_of("net@own/a:1"))]).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
