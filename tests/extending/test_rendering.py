"""An objective, a canvas and a view that a stranger writes into one file each."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import vizkit
from vizkit.cli import main
from vizkit.rendering import CANVASES, OBJECTIVES, VIEWS

OBJECTIVE = '''
"""How far the mean color of a picture is from one that is wished for."""

from dataclasses import dataclass

from vizkit.rendering import Objective


@dataclass(frozen=True, slots=True)
class Paleness(Objective):
    level: float

    def name(self, lane=0):
        return f"paleness({self.level:g})"

    def score(self, seen):
        return (seen.images.mean((1, 2, 3)) - self.level).square()


def of_text(network, level):
    return Paleness(float(level))
'''

CANVAS = '''
"""Pictures of squares: a grid of a quarter of the pixels, enlarged."""

import torch
from torch.nn import functional

from vizkit.rendering import Canvas


class Coarse(Canvas):
    step = 0.5

    def __init__(self, channels, size, generators, device, contrast=1.0):
        self.size = size
        shape = (channels, -(-size[0] // 4), -(-size[1] // 4))
        start = torch.stack([torch.randn(shape, generator=each) for each in generators])
        self.parameters = (start * 0.05 * contrast).to(device).requires_grad_()

    def images(self):
        large = functional.interpolate(torch.sigmoid(self.parameters), scale_factor=4)
        return large[..., : self.size[0], : self.size[1]]
'''

VIEW = '''
"""Pictures are seen mirrored in half of the steps."""

import torch

from vizkit.rendering import View


class Mirror(View):
    numbers = 1

    def apply(self, images, draws):
        return torch.where(draws[..., None, None] < 0, images.flip(3), images)
'''


@pytest.fixture(autouse=True)
def strangers(written: Callable[[str, str], ModuleType]) -> Iterator[None]:
    OBJECTIVES.register("paleness", written("a_paleness", OBJECTIVE).of_text)
    CANVASES.register("coarse", written("a_coarse", CANVAS).Coarse)
    VIEWS.register("mirror", written("a_mirror", VIEW).Mirror)
    yield
    for registry, name in ((OBJECTIVES, "paleness"), (CANVASES, "coarse"), (VIEWS, "mirror")):
        registry.remove(name)


ARGUMENTS = (
    "--canvas",
    "coarse",
    "--views",
    "mirror, jitter(2)",
    "--regularizers",
    "9*paleness(0)",
)


def test_the_command_line_takes_all_three(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "c3:1 - 2*paleness(0.25)"
    arguments = ["render", "lenet5", "--objective", text, "--steps", "8", "--json", "--quiet"]
    assert main([*arguments, *ARGUMENTS[:4]]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["objective"], row["canvas"]) == (text, "coarse")
    assert row["address"] == f"lenet5@digits/{text}"
    assert row["final"] > row["initial"]


def test_they_decide_what_a_picture_looks_like() -> None:
    recipe = vizkit.Recipe(steps=24, dtype="float32", canvas="coarse", regularizers="9*paleness(0)")
    (dark,) = vizkit.render("lenet5/c3:1", recipe=recipe)
    plain = vizkit.Recipe(steps=24, dtype="float32", canvas="coarse")
    (free,) = vizkit.render("lenet5/c3:1", recipe=plain)
    assert float(dark.image.mean()) < float(free.image.mean()) - 0.05
    squares = dark.image.unfold(1, 4, 4).unfold(2, 4, 4)
    assert torch.equal(squares.amax((-1, -2)), squares.amin((-1, -2)))


def test_a_gallery_and_its_page_take_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = ["gallery", "run", "lenet5", "--layers", "c3", "--channels", "1", "--steps", "8"]
    assert main([*run, "--studies", "renders", "--out", str(out), "--quiet", *ARGUMENTS]) == 0
    (plan,) = out.glob("*/plan.json")
    recipe = json.loads(plan.read_text())["recipe"]
    assert (recipe["canvas"], recipe["views"]) == ("coarse", "mirror, jitter(2)")
    page = next(out.glob("*/c3/1.html")).read_text()
    command = html.unescape(re.sub("<[^>]+>", "", page))
    assert "--canvas coarse" in command and "9*paleness(0)" in command
