"""The loop: its promises about single units, and what a step does."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

import vizkit
from tests import nets
from tests.rendering.planted import GRAY, wrap
from vizkit import Network, Recipe
from vizkit.address import parse_address
from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.rendering import Renderer
from vizkit.rendering.canvases.fourier import FourierCanvas
from vizkit.rendering.defaults import NARROW
from vizkit.rendering.frozen import FrozenNetwork
from vizkit.rendering.job import make_job
from vizkit.rendering.loop import normalize, paint
from vizkit.rendering.objectives.unit import UnitObjective
from vizkit.rendering.robustness import DrawnViews, parse_views
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.seen import Seen

CPU = torch.device("cpu")
QUICK = Recipe(steps=6, wake_steps=2, dtype="float32")


@pytest.fixture(scope="module")
def lenet() -> Network:
    return vizkit.load("lenet5@random")


def pictures(
    net: Network,
    units: Sequence[str],
    size: tuple[int, int],
    block: int = 4,
    recipe: Recipe = QUICK,
) -> dict[str, tuple[Tensor, float, float, float]]:
    """Picture and numbers of each unit, of blocks filled in the order given."""
    found = {}
    renderer = Renderer(net, recipe)
    for first in range(0, len(units), block):
        part = [parse_address(f"{net.source}/{unit}") for unit in units[first : first + block]]
        for render in renderer.block(part, canvas=size, block_size=block):
            numbers = (render.initial, render.final, render.peak)
            found[render.address.partition("/")[2]] = (render.image, *numbers)
    return found


def assert_same(
    one: tuple[Tensor, float, float, float], other: tuple[Tensor, float, float, float]
) -> None:
    assert torch.equal(one[0], other[0])
    assert one[1:] == other[1:]


@pytest.mark.parametrize(
    ("layer", "size", "threads", "block"),
    [
        ("c1", (75, 91), 1, 4),
        ("c3", (32, 32), 1, 4),
        ("c3", (32, 32), 1, 32),
        ("c3", (91, 75), 1, 4),
        ("c3", (75, 91), torch.get_num_threads(), 4),
    ],
)
def test_a_unit_is_the_same_bit_for_bit_in_any_company(
    lenet: Network, layer: str, size: tuple[int, int], threads: int, block: int
) -> None:
    torch.set_num_threads(threads)
    names = [f"{layer}:{channel}" for channel in range(6)]
    recipe = Recipe(steps=3, wake_steps=1, dtype="float32")
    reference = pictures(lenet, names, size, block, recipe)
    shuffled = random.Random(0).sample(names, 6)
    for name, picture in pictures(lenet, shuffled, size, block, recipe).items():
        assert_same(picture, reference[name])
    for name in names[1:4:2]:
        assert_same(pictures(lenet, [name], size, block, recipe)[name], reference[name])


@pytest.mark.parametrize("block", [1, 8, 16, 64])
def test_the_same_at_every_block_size_to_a_tolerance(lenet: Network, block: int) -> None:
    names = [f"c3:{channel}" for channel in range(5)]
    recipe = Recipe(steps=3, wake_steps=0, dtype="float32")
    fours = pictures(lenet, names, (40, 32), 4, recipe)
    for name, (image, *_) in pictures(lenet, names, (40, 32), block, recipe).items():
        torch.testing.assert_close(image, fours[name][0], atol=2e-3, rtol=0)


def test_in_company_also_in_color_in_depth_and_in_bfloat16() -> None:
    net = wrap(nets.seeded(nets.TinyInception()))
    names = [f"mixed2:{channel}" for channel in range(7)]
    for dtype in ("float32", "bfloat16"):
        recipe = Recipe(steps=4, dtype=dtype, wake_steps=2)
        reference = pictures(net, names, (27, 45), recipe=recipe)
        for name, picture in pictures(net, names[::-1], (27, 45), recipe=recipe).items():
            assert_same(picture, reference[name])


def test_neurons_in_company(lenet: Network) -> None:
    names = ["c3:0@1,2", "c3:1@7,0", "c3:2@9,9", "c3:0@0,9", "c3:5@4,4"]
    reference = pictures(lenet, names, (32, 32))
    for name in names:
        assert_same(pictures(lenet, [name], (32, 32))[name], reference[name])


def test_addresses_seeds_and_layers_draw_different_numbers() -> None:
    keys = [("a/b:1", 0, 0), ("a/b:2", 0, 0), ("a/b:1", 1, 0), ("a/b:1", 0, 1), ("a/c:1", 0, 0)]
    drawn = {float(torch.rand((), generator=unit_generator(*key))) for key in keys}
    assert len(drawn) == len(keys)
    again = {float(torch.rand((), generator=unit_generator(*key))) for key in keys}
    assert drawn == again


def test_an_alias_is_the_same_unit(lenet: Network) -> None:
    one = vizkit.render(lenet, "c3:4", recipe=QUICK)[0]
    other = vizkit.render(lenet, "C3:4", recipe=QUICK)[0]
    assert torch.equal(one.image, other.image)
    assert one.address == other.address == "lenet5@random/c3:4"


# What a step does


def test_gradient_of_the_whole_step_is_that_of_finite_differences() -> None:
    """Spectrum, colors, one view, preprocessing and network, in directions that are drawn."""
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 5), nn.Tanh(), nn.Conv2d(4, 3, 3)))
    generators = [unit_generator(f"planted@own/2:{unit}", 0, 0) for unit in range(2)]
    painted = FourierCanvas(3, (20, 27), generators, CPU, 16.0)
    drawn = DrawnViews(parse_views(NARROW, (20, 27)), 1, (20, 27), (24, 31), generators, CPU)
    objective = UnitObjective(tuple(net.unit(f"2:{channel}") for channel in (2, 0)))

    def scores() -> Tensor:
        images = painted.images()
        shown = net.preprocessing(drawn.show(images - 0.5, 0) + 0.5)
        return objective.score(Seen(images, {"2": net.module(shown)}))

    (gradient,) = torch.autograd.grad(scores().sum(), [painted.parameters])
    start, step = painted.parameters.detach().clone(), 2e-2
    for seed in range(4):
        direction = torch.randn(start.shape, generator=torch.Generator().manual_seed(seed))
        direction = gradient / gradient.norm() + 0.5 * direction / direction.norm()
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                painted.parameters.copy_(start + sign * step * direction)
                values.append(scores().double())
        for unit in range(2):
            expected = float((values[0] - values[1])[unit] / (2 * step))
            got = float((gradient[unit] * direction[unit]).sum())
            assert got == pytest.approx(expected, rel=0.02)


@settings(max_examples=60, deadline=None)
@given(exponent=st.integers(-36, 37), seed=st.integers(0, 100))
def test_the_update_does_not_depend_on_the_objectives_scale(exponent: int, seed: int) -> None:
    """Down to numbers whose squares are zero in float32, and up to those whose squares overflow."""
    gradient = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(seed))
    gradient = gradient / gradient.abs().max()
    scaled = normalize(gradient * 10.0**exponent)
    torch.testing.assert_close(scaled, normalize(gradient), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(scaled.square().mean((1, 2)), torch.ones(2), rtol=1e-4, atol=0)


def test_no_gradient_stays_none_and_touches_no_other_image() -> None:
    gradient = torch.zeros(3, 4)
    gradient[1] = torch.tensor([1.0, -1.0, 1.0, -1.0])
    gradient[2] = torch.nan
    scaled = normalize(gradient)
    assert torch.equal(scaled[:2], gradient[:2])


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_a_layer_of_another_scale_gives_the_same_picture(factor: float) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 4, 5, bias=False), nn.ReLU(), nn.Conv2d(4, 4, 3, bias=False))
    scaled = nn.Sequential(
        nn.Conv2d(3, 4, 5, bias=False), nn.ReLU(), nn.Conv2d(4, 4, 3, bias=False)
    )
    with torch.no_grad():
        scaled[0].weight.copy_(plain[0].weight)
        scaled[2].weight.copy_(plain[2].weight * factor)
    recipe = Recipe(steps=12, dtype="float32")
    ones = vizkit.render(wrap(plain), "2:0-3", size=28, recipe=recipe)
    others = vizkit.render(wrap(scaled), "2:0-3", size=28, recipe=recipe)
    for one, other in zip(ones, others, strict=True):
        torch.testing.assert_close(one.image, other.image, atol=5e-3, rtol=0)
        assert other.final == pytest.approx(factor * one.final, rel=1e-2)


def test_an_images_score_does_not_enter_anothers_picture(lenet: Network) -> None:
    """xplique's cosine sums over the batch; here units of very different strength do not mix."""
    strong = vizkit.load(nets.seeded(nn.Sequential(nn.Conv2d(1, 4, 5))), preprocessing=GRAY)
    with torch.no_grad():
        strong.module[0].weight[1] *= 1e6
    mixed = pictures(strong, ["0:0", "0:1", "0:2"], (20, 20))
    with torch.no_grad():
        strong.module[0].weight[1] *= 1e-6
    plain = pictures(strong, ["0:0", "0:1", "0:2"], (20, 20))
    assert_same(mixed["0:0"], plain["0:0"])
    assert_same(mixed["0:2"], plain["0:2"])


class Counting(TorchFunctionMode):
    """Counts calls of functions by name."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, int] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", str(func))
        self.calls[name] = self.calls.get(name, 0) + 1
        return func(*args, **(kwargs or {}))


def test_one_resampling_a_step(lenet: Network) -> None:
    with Counting() as counting:
        vizkit.render(lenet, "c3:0-3", recipe=Recipe(steps=5, rescues=0, dtype="float32"))
    assert counting.calls["grid_sample"] == 5
    assert not {"interpolate", "rotate", "roll", "upsample"} & set(counting.calls)


WAITS = {
    *("item", "tolist", "cpu", "numpy", "nonzero", "unique", "masked_select", "is_nonzero"),
    *("__bool__", "__float__", "__int__", "__index__", "__len__of_value__", "equal", "allclose"),
}


class NoWaiting(TorchFunctionMode):
    """Raises where a step of ours would have to wait for the device."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.active = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if self.active and name in WAITS and not _in_the_optimizer():
            raise AssertionError(f"{name} waits for the device within a step")
        return func(*args, **(kwargs or {}))


def _in_the_optimizer() -> bool:
    """Adam reads its step counter, which it keeps on the CPU whatever the device."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent.name == "optim":
            return True
        if "vizkit" in path.parts:
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return False


@pytest.mark.parametrize("unit", ["c3:0-3", "c3:1@2,3", "logits:2"])
def test_nothing_waits_for_the_device_between_steps(lenet: Network, unit: str) -> None:
    """From the end of the first step to the end of the last, in the loop and in the hooks."""
    guard = NoWaiting()

    def follow(step: vizkit.rendering.Step) -> None:
        guard.steps += 1
        guard.active = step.step < step.steps

    with guard:
        recipe = Recipe(steps=4, wake_steps=2, rescues=0, dtype="float32")
        vizkit.render(lenet, unit, recipe=recipe, progress=follow)
    assert guard.steps == 4


def test_the_guard_above_would_notice() -> None:
    with NoWaiting() as guard:
        guard.active = True
        for wait in (lambda x: x.item(), float, bool, lambda x: x.tolist(), lambda x: x.cpu()):
            with pytest.raises(AssertionError, match="waits for the device"):
                wait(torch.ones(1))


def test_the_forward_pass_ends_at_the_layer() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nets.Chain()))
    calls: list[str] = []

    class Late(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            calls.append("late")
            return super().forward(x)

        def __deepcopy__(self, memo: object) -> Late:
            return self

    late = Late(4, 3, 3)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), late))
    # Layers and receptive fields come from one pass of shapes each, through the whole network.
    assert net.layers and fields_or_none(net) is not None
    calls.clear()
    vizkit.render(net, "0:0", size=16, recipe=QUICK)
    assert calls == []


def test_a_callback_sees_every_step(lenet: Network) -> None:
    seen: list[Any] = []
    units = ("c3:0", "c3:1", "c3:2")
    recipe = Recipe(steps=3, rescues=0, dtype="float32")
    vizkit.render(lenet, units, block_size=4, recipe=recipe, progress=seen.append)
    assert [(step.step, step.steps, step.attempt) for step in seen] == [
        (1, 3, 0),
        (2, 3, 0),
        (3, 3, 0),
    ]
    for step in seen:
        assert [unit.address for unit in step.units] == [f"lenet5@random/{unit}" for unit in units]
        assert step.what == "lenet5@random/c3:0-2"
        assert step.scores.shape == (3,)  # the padding of the block is not shown
        assert step.images.shape == (3, 1, 32, 32)
        assert not step.scores.requires_grad and not step.images.requires_grad
    assert not torch.equal(seen[0].images, seen[2].images)


def test_what_a_callback_does_to_its_images_changes_nothing(lenet: Network) -> None:
    def spoil(step: vizkit.rendering.Step) -> None:
        step.images.zero_()
        step.scores.fill_(torch.nan)

    plain = vizkit.render(lenet, "c1:0", recipe=QUICK)[0]
    spoiled = vizkit.render(lenet, "c1:0", recipe=QUICK, progress=spoil)[0]
    assert torch.equal(plain.image, spoiled.image)
    assert plain.final == spoiled.final


def test_paint_starts_where_the_canvas_starts(lenet: Network) -> None:
    address = "lenet5@random/c1:0"
    unit = lenet.unit(address)
    job = make_job(lenet, [unit], UnitObjective((unit,)), (24, 32), 1, QUICK, seed=0)
    with FrozenNetwork(lenet).showing(["c1"]) as module:
        painting = paint(lenet, module, job, torch.float32)
    start = FourierCanvas(1, (24, 32), [unit_generator(address, 0, 0)], CPU).images()
    assert torch.equal(painting.start, start)
    assert not torch.equal(painting.end, start)
