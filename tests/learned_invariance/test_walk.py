"""Walks along surfaces of equal response, of cells whose surfaces are known in closed form."""

from __future__ import annotations

import io
import math

import pytest
import torch
from PIL import Image, ImageSequence
from torch import nn

import vizkit
from tests.learned_invariance.cells import GRAY, SIDE, complex_cell, gabor, linear_cell
from vizkit.errors import LayerNotFoundError, NotFoundError, RenderError, UsageError
from vizkit.learned_invariance import Walk, walk
from vizkit.learned_invariance.chart import CHARTS, PixelChart, SpectrumChart
from vizkit.learned_invariance.one_unit import UnitResponse
from vizkit.learned_invariance.space import Space
from vizkit.learned_invariance.sphere import Sphere, along, flattest

START = 0.5 + gabor(0)[None]
FINEST = 60


def sphere(net: vizkit.Network, start: torch.Tensor = START) -> Sphere:
    return Sphere(UnitResponse(net, net.unit("cell:0"), (SIDE, SIDE)), PixelChart(start))


@pytest.fixture(scope="module")
def around() -> Walk:
    """The phase of a complex cell, once round."""
    step = 2 * math.pi / FINEST
    return walk(
        complex_cell(),
        "cell:0",
        start=START,
        coordinates="pixels",
        steps=FINEST,
        step=step,
    )


def test_a_complex_cell_is_walked_along_its_phase(around: Walk) -> None:
    seen = (around.frames - 0.5).flatten(1)
    even, odd = seen @ gabor(0).flatten(), seen @ gabor(math.pi / 2).flatten()
    phases = torch.atan2(odd, even)
    steps = (phases.diff() + math.pi) % (2 * math.pi) - math.pi
    # The same way round all the time, in steps as long as asked, and nothing beside the two.
    torch.testing.assert_close(
        steps.abs(), torch.full_like(steps, 2 * math.pi / FINEST), atol=1e-3, rtol=0
    )
    assert len(set(steps.sign().tolist())) == 1
    torch.testing.assert_close(even**2 + odd**2, torch.ones_like(even), atol=1e-3, rtol=0)
    torch.testing.assert_close(seen.norm(dim=1), torch.ones_like(even), atol=1e-5, rtol=0)


def test_beyond_the_opposite_phase_it_comes_round(around: Walk) -> None:
    assert around.angle.argmax() == FINEST // 2
    assert around.angle[FINEST // 2] == pytest.approx(math.pi, abs=0.02)
    assert around.change.argmax() == pytest.approx(FINEST // 2, abs=1)
    assert around.change[-1] < 0.05 * around.change.max()
    assert not around.stuck


def test_responses_are_those_of_the_clean_frames(around: Walk) -> None:
    seen = (around.frames - 0.5).flatten(1)
    filters = torch.stack([gabor(0).flatten(), gabor(math.pi / 2).flatten()])
    torch.testing.assert_close(around.response, (seen @ filters.T).square().sum(1))
    assert ((around.share - 1).abs() <= around.tolerance).all()


def test_it_gets_farther_than_straight_on(around: Walk) -> None:
    # cos^2 falls by 2 % after 0.14 radians, of the 2 that a ring is wide.
    assert around.straight < 0.15 * around.change.max()


@pytest.mark.parametrize(("net", "expected"), [(complex_cell, -2.0), (linear_cell, -1.0)])
def test_curvatures_in_all_directions(net, expected: float) -> None:
    at = sphere(net())
    bend = at.curvature(at.chart.start)
    size = SIDE * SIDE
    found = torch.stack([bend(each.view(1, SIDE, SIDE)).flatten() for each in torch.eye(size)])
    values = torch.linalg.eigvalsh((found + found.T).double() / 2)
    # The direction of the image itself is none of the sphere and has 0.
    invariant = 2 if net is complex_cell else 1
    torch.testing.assert_close(
        values,
        torch.tensor([expected] * (size - invariant) + [0.0] * invariant).double(),
        atol=1e-4,
        rtol=0,
    )
    if net is complex_cell:
        odd = gabor(math.pi / 2)[None]
        assert bend(odd).norm() < 1e-4


def test_the_flattest_direction_is_the_other_filter(around: Walk) -> None:
    assert around.curvatures == pytest.approx((0.0, -2.0), abs=1e-4)
    at = sphere(complex_cell())
    start = along(
        torch.randn(1, SIDE, SIDE, generator=torch.Generator().manual_seed(1)), START - 0.5
    )
    _, direction = flattest(at.curvature(at.chart.start), start, 8)
    assert abs(float((direction * gabor(math.pi / 2)).sum())) == pytest.approx(1, abs=1e-4)


def test_a_linear_cell_cannot_be_left_far() -> None:
    found = walk(linear_cell(), "cell:0", start=START, coordinates="pixels", steps=20)
    assert found.curvatures == pytest.approx((-1.0,), abs=1e-4)
    # cos(angle) >= 0.98
    assert found.angle.max() <= math.acos(0.98) + 1e-4
    assert ((found.share - 1).abs() <= 0.02).all()


class Beside(nn.Module):
    """A cell that sees the left half of the image alone, behind a layer that keeps pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, 1)
        self.cell = nn.Conv2d(2, 1, (SIDE, SIDE // 2), stride=(1, SIDE // 2))
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for each in self.parameters():
                each.copy_(torch.randn(each.shape, generator=generator))
            self.cell.bias.fill_(20)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.cell(self.first(images).tanh())


@pytest.mark.parametrize("space", ["pixels", "first"])
@pytest.mark.parametrize("coordinates", ["pixels", "spectrum"])
def test_responses_stay_in_every_space_and_in_all_coordinates(space: str, coordinates: str) -> None:
    net = vizkit.load(Beside().eval(), preprocessing=GRAY, name="beside")
    told: list[vizkit.Progress] = []
    found = walk(
        net,
        "cell:0@0,0",
        space=space,
        coordinates=coordinates,
        steps=12,
        recipe=vizkit.Recipe(steps=8),
        progress=told.append,
    )
    with torch.no_grad():
        own = net(found.frames)[:, 0, 0, 0]
    torch.testing.assert_close(found.response, own, check_stride=False)
    assert ((found.share - 1).abs() <= 0.02).all()
    assert found.change[-1] > found.change[1] > 0
    assert [(now.done, now.total) for now in told] == [(step, 12) for step in range(1, 13)]
    assert found.frames.amin() >= 0 and found.frames.amax() <= 1
    assert found.space == space


def test_nothing_that_is_not_seen_counts_as_a_change() -> None:
    net = vizkit.load(Beside().eval(), preprocessing=GRAY, name="beside")
    response = UnitResponse(net, net.unit("cell:0@0,0"), (SIDE, SIDE))
    image = START[None]
    seen = response.seen(image)
    assert torch.equal(
        seen, torch.cat([torch.ones(SIDE, SIDE // 2), torch.zeros(SIDE, SIDE // 2)], 1)
    )
    moved = image.clone()
    moved[..., SIDE // 2 :] += 0.1
    for name in ("pixels", "first"):
        space = Space(net, name, seen)
        assert torch.equal(space(image), space(moved))


def test_the_spectrum_gives_the_image_back_at_its_contrast() -> None:
    image = torch.rand(3, 24, 20, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
    chart = SpectrumChart(image)
    torch.testing.assert_close(chart.images(chart.start[None])[0], image, atol=1e-4, rtol=0)
    torch.testing.assert_close(chart.images(3 * chart.start[None])[0], image, atol=1e-4, rtol=0)


def test_a_turn_has_the_angle_that_is_seen() -> None:
    net = complex_cell()
    image = torch.rand(1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    unit = UnitResponse(net, net.unit("cell:0"), (SIDE, SIDE))
    for name in ("pixels", "spectrum"):
        at = Sphere(unit, CHARTS[name](image))
        noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
        point = at.turned(at.chart.start, along(noise, at.chart.start), 0.1)
        assert at.angle(at.chart.start, point) == pytest.approx(0.1, abs=1e-3)
        assert float(point.norm()) == pytest.approx(float(at.chart.start.norm()), rel=1e-5)


def test_the_film_goes_there_and_back(around: Walk, tmp_path) -> None:
    path = around.save_gif(tmp_path / "walk.gif", enlarge=3, frame_s=0.05)
    with Image.open(io.BytesIO(path.read_bytes())) as film:
        assert film.size == (3 * SIDE, 3 * SIDE)
        assert film.info["duration"] == 50 and film.info["loop"] == 0
        assert sum(1 for _ in ImageSequence.Iterator(film)) == 2 * FINEST


def test_the_network_stays_as_it_was() -> None:
    net = complex_cell()
    net.module.train()
    walk(net, "cell:0", start=START, coordinates="pixels", steps=2)
    assert net.module.training and all(
        p.requires_grad and p.grad is None for p in net.module.parameters()
    )
    assert not any(m._forward_hooks for m in net.module.modules())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"steps": 0}, UsageError, "steps=0 is out of range"),
        ({"tolerance": -1}, UsageError, "tolerance=-1 is out of range"),
        ({"space": "cell"}, UsageError, "does not come before 'cell'"),
        ({"space": "filter"}, LayerNotFoundError, "filters"),
        ({"coordinates": "spectre"}, NotFoundError, "Did you mean 'spectrum'"),
        ({"start": torch.zeros(3, SIDE, SIDE)}, UsageError, "Give 1 x H x W"),
        ({"start": torch.full((1, SIDE, SIDE), 0.5)}, RenderError, "no positive response"),
    ],
)
def test_mistakes_are_named(options, error, words: str) -> None:
    with pytest.raises(error, match=words):
        walk(complex_cell(), "cell:0", **{"start": START, **options})


def test_one_unit_at_a_time() -> None:
    with pytest.raises(UsageError, match=r"names 2 units.\n  Give one, for example"):
        walk("lenet5@random/c1:0,1")


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_gradients_may_be_switched_off_around_it(off) -> None:
    net = complex_cell()
    with off():
        found = walk(net, "cell:0", start=START, coordinates="pixels", steps=2)
    assert found.change[2] > found.change[1] > 0


class Stairs(nn.Module):
    """A linear cell in steps of 2 %, which no gradient leads back up."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = linear_cell().module
        self.cell = _Rounded()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.cell(self.linear(images))


class _Rounded(nn.Module):
    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return (50 * maps).round()


def test_where_no_step_keeps_the_response_the_walk_ends() -> None:
    net = vizkit.load(Stairs().eval(), preprocessing=GRAY, name="stairs")
    options = {"coordinates": "pixels", "steps": 50, "step": 0.3, "tolerance": 0.01}
    found = walk(net, "cell:0", start=START, **options)
    assert found.stuck and 1 < len(found.frames) < 51
    assert (found.response == 50).all()
    assert found.curvatures == (0.0,)
