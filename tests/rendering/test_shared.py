"""Pictures of one unit that share what is coarse."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import vizkit
from tests.rendering.planted import GRAY, correlation, grating, planted, wrap
from vizkit.errors import UsageError
from vizkit.rendering.canvases.fourier import FourierCanvas
from vizkit.rendering.canvases.shared import SharedCanvas
from vizkit.rendering.objectives.diversity import low_pass
from vizkit.rendering.seed import unit_generator

CPU = torch.device("cpu")
QUICK = {"steps": 4, "dtype": "float32"}


def generators(units: int) -> list[torch.Generator]:
    return [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in range(units)]


def test_coarse_frequencies_are_the_own_ones_and_the_sum_of_all() -> None:
    shared = SharedCanvas(1, (32, 32), generators(3), CPU, 1.0, 4)
    alone = FourierCanvas(1, (32, 32), generators(3), CPU)
    with torch.no_grad():
        found, own = (
            torch.fft.rfft2(torch.logit(each.images().double()))[:, 0] for each in (shared, alone)
        )
    for rows, columns, together in [(1, 2, True), (-3, 1, True), (0, 5, False), (7, 2, False)]:
        expected = own[:, rows, columns] + (own[:, rows, columns].sum() if together else 0)
        torch.testing.assert_close(found[:, rows, columns], expected, rtol=1e-3, atol=1e-3)


def test_a_series_agrees_in_what_is_coarse() -> None:
    wave = grating(17, 3, 30)
    net = wrap(planted((wave / wave.norm())[None, None]), GRAY)

    def likeness(canvas: str) -> float:
        recipe = vizkit.Recipe(steps=32, canvas=canvas, views="", dtype="float32")
        one, other = vizkit.render(net, "1:0", count=2, size=56, recipe=recipe)
        return correlation(*(low_pass(each.image[None]) for each in (one, other)))

    assert likeness("shared(16)") > 0.9 > 0.4 > likeness("fourier")


def test_units_that_are_rendered_together_may_not_share(tmp_path: Path) -> None:
    recipe = vizkit.Recipe(canvas="shared(4)", **QUICK)
    said = "is for several pictures of one unit"
    with pytest.raises(UsageError, match=said):
        vizkit.render("lenet5@random/c3:0-1", recipe=recipe)
    with pytest.raises(UsageError, match=said):
        vizkit.render("lenet5@random", "c3:0 - 0.1*tv", recipe=recipe)
    with pytest.raises(UsageError, match=said):
        vizkit.gallery.make("lenet5@random", tmp_path / "gallery", recipe=recipe)
    assert not (tmp_path / "gallery" / "lenet5~arandom").exists()
