"""Pictures made on the device: they rise, say the truth, and agree with those of the CPU."""

from __future__ import annotations

import copy
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.gpu.cuda import DEVICE, ON_CUDA, QUICK, both
from tests.rendering.planted import GRAY, PLAIN, correlation, grating, planted
from vizkit import Network, Recipe
from vizkit.rendering import Step

pytestmark = ON_CUDA

SHORT = Recipe(steps=48)


def wrap(module: nn.Module, preprocessing: vizkit.Preprocessing = PLAIN) -> Network:
    return vizkit.load(module.eval().to(DEVICE), preprocessing=preprocessing, name="planted")


@pytest.mark.parametrize("layer", ["conv2", "inception3a", "inception4c", "inception5b", "logits"])
def test_trained_units_rise(googlenet: Network, layer: str) -> None:
    for picture in vizkit.render(googlenet, f"{layer}:3-6", recipe=SHORT):
        assert picture.final > picture.initial
        assert not picture.dead
        assert picture.image.device.type == "cpu" and picture.image.dtype == torch.float32


@pytest.mark.parametrize("unit", ["conv1_2:0-3", "conv3_3:0-3", "conv5_1:7@5,6"])
def test_units_of_random_weights_rise(vgg16: Network, unit: str) -> None:
    for picture in vizkit.render(vgg16, unit, recipe=SHORT):
        assert picture.final > picture.initial
        assert not picture.dead


@pytest.mark.parametrize("layer", ["conv2", "inception4c"])
def test_what_is_said_of_a_picture_is_what_the_network_answers_to_it(
    googlenet: Network, layer: str
) -> None:
    """Computed by a plain hook, in double precision, on the CPU."""
    pictures = vizkit.render(googlenet, f"{layer}:3-6", recipe=SHORT)
    module = copy.deepcopy(googlenet.module).cpu().double()
    kept: list[Tensor] = []
    module.get_submodule(layer).register_forward_hook(lambda *given: kept.append(given[2]))
    with torch.no_grad():
        module(googlenet.preprocessing(torch.stack([each.image for each in pictures]).double()))
    for place, picture in enumerate(pictures):
        own = kept[0][place, 3 + place]
        assert picture.final == pytest.approx(float(own.mean()), rel=2e-4)
        assert picture.peak == pytest.approx(float(own.max()), rel=2e-4)


def test_the_settings_of_torch_stay_the_callers(lenet: Network) -> None:
    from torch.backends import cuda, cudnn

    def settings() -> tuple[bool, ...]:
        return cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, cuda.matmul.allow_tf32

    kept, inside = settings(), set()

    def note(_: Step) -> None:
        inside.add(settings())

    try:
        cudnn.deterministic, cudnn.benchmark = False, True
        cudnn.allow_tf32 = cuda.matmul.allow_tf32 = True
        before = settings()
        vizkit.render(lenet, "c3:0", recipe=QUICK, progress=lambda _: inside.add(settings()))
        assert settings() == before
        assert inside == {(True, False, False, False)}
    finally:
        cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32 = kept[:3]
        cuda.matmul.allow_tf32 = kept[3]


def test_as_good_as_pictures_of_the_cpu() -> None:
    ratios = []
    for net in both("googlenet@distilled"):
        recipe = Recipe(steps=32, dtype="float32")
        pictures = vizkit.render(net, "inception3a:0-7", recipe=recipe)
        ratios.append([each.final for each in pictures])
    quotients = [one / other for one, other in zip(*ratios, strict=True)]
    assert all(0.7 < each < 1.4 for each in quotients), quotients
    assert 0.9 < sum(quotients) / len(quotients) < 1.1


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("source", ["lenet5@digits", "googlenet@distilled"])
def test_the_first_steps_are_those_of_the_cpu(source: str) -> None:
    layer = "c3" if source.startswith("lenet") else "inception3a"
    recipe = Recipe(steps=3, wake_steps=0, rescues=0, dtype="float32")
    card, cpu = both(source)

    def draw(net: Network) -> list[vizkit.Render]:
        return list(vizkit.render(net, f"{layer}:0-3", recipe=recipe))

    # The same sums in other orders: where a ReLU or a maximum of the nearly flat start is a tie,
    # rounding alone changes the first gradient of some units.
    ours, theirs = draw(card), draw(cpu)
    with patch("vizkit.rendering.frozen.stack_strides"):
        others = draw(cpu)
    with torch.backends.mkldnn.flags(enabled=False):
        others += draw(cpu)
    pairs = list(zip(theirs * 2, others, strict=True))
    apart = max(1 - correlation(one.image, other.image) for one, other in pairs)
    ratio = max(abs(other.final / one.final - 1) for one, other in pairs)
    for one, other in zip(ours, theirs, strict=True):
        assert 1 - correlation(one.image, other.image) < max(0.01, 2 * apart)
        assert one.initial == pytest.approx(other.initial, rel=1e-3, abs=1e-4)
        assert one.final == pytest.approx(other.final, rel=max(0.05, 2 * ratio))


@pytest.mark.parametrize("block", [1, 8, 16])
def test_nearly_the_same_at_every_block_size(lenet: Network, block: int) -> None:
    recipe = Recipe(steps=3, wake_steps=0, rescues=0, dtype="float32")
    options: dict[str, Any] = {"recipe": recipe}
    fours = vizkit.render(lenet, "c3:0-4", block_size=4, **options)
    for one, other in zip(
        fours, vizkit.render(lenet, "c3:0-4", block_size=block, **options), strict=True
    ):
        assert correlation(one.image, other.image) > 0.99


def test_bfloat16_is_taken_where_it_is_fast(googlenet: Network) -> None:
    """Where the card is fast in it and the network has a convolution of 64 channels."""
    if torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("this card is not fast in bfloat16")
    recipe = Recipe(steps=2, rescues=0)
    (wide,) = vizkit.render(googlenet, "inception3a:0", recipe=recipe)
    (narrow,) = vizkit.render(sparse(-1.0), "0:0", size=40, recipe=recipe)
    assert (wide.dtype, narrow.dtype) == ("bfloat16", "float32")


def test_a_callback_sees_tensors_on_the_device(lenet: Network) -> None:
    seen: list[Step] = []
    vizkit.render(lenet, "c3:0-2", recipe=QUICK, block_size=4, progress=seen.append)
    assert [each.step for each in seen] == list(range(1, QUICK.steps + 1))
    assert {each.images.device.type for each in seen} == {torch.device(DEVICE).type}
    assert seen[0].scores.shape == (3,)


def test_the_network_stays_as_it_is(googlenet: Network) -> None:
    def state() -> list[tuple[Any, ...]]:
        tensors = googlenet.module.state_dict().values()
        return [(t.data_ptr(), t.stride(), t._version, t.requires_grad) for t in tensors]

    before, values = state(), [t.clone() for t in googlenet.module.state_dict().values()]
    vizkit.render(googlenet, "inception3a:0-3", recipe=QUICK)
    assert state() == before
    assert all(
        torch.equal(one, other)
        for one, other in zip(values, googlenet.module.state_dict().values(), strict=True)
    )
    assert nets.count_hooks(googlenet.module) == 0


# Silent units


def sparse(bias: float) -> Network:
    """Gratings behind a bias: silent on gray, awake on their own pattern."""
    filters = torch.stack([grating(9, 2, 45.0 * each)[None] for each in range(4)])
    return wrap(planted(filters, bias), GRAY)


def test_a_silent_unit_wakes() -> None:
    recipe = Recipe(steps=48, dtype="float32")
    for picture in vizkit.render(sparse(-1.0), "0:0-3", size=40, recipe=recipe):
        assert picture.initial == 0 < picture.final
        assert not picture.dead


def test_a_silent_unit_is_rescued() -> None:
    recipe = Recipe(steps=48, wake_steps=0, dtype="float32")
    for picture in vizkit.render(sparse(-1.0), "0:0-3", size=40, recipe=recipe):
        assert picture.attempts > 1
        assert picture.initial == 0 < picture.final
        assert not picture.dead


def test_a_unit_that_cannot_fire_is_dead_and_no_error() -> None:
    net = sparse(0.0)
    with torch.no_grad():
        net.module[0].bias[2] = -1e6
    recipe = Recipe(steps=24, dtype="float32")
    pictures = vizkit.render(net, "0:0-3", size=40, recipe=recipe)
    assert [picture.dead for picture in pictures] == [False, False, True, False]
    assert pictures[2].attempts == 1 + recipe.rescues
    assert pictures[2].error is None


@pytest.mark.parametrize("sharpness", [4.0, 20.0])
def test_waking_is_that_of_the_cpu(sharpness: float) -> None:
    from vizkit.rendering.silent_units import waking_relu

    generator = torch.Generator().manual_seed(0)
    values = torch.randn(3, 4, 9, 9, generator=generator)
    values[1] = -values[1].abs() - 0.1
    found = []
    for device in ("cpu", DEVICE):
        inputs = values.to(device).requires_grad_()
        out = waking_relu(inputs, sharpness)
        (gradient,) = torch.autograd.grad(-(out * out.detach().cos()).sum(), [inputs])
        found.append((out.detach().cpu(), gradient.cpu()))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)
    assert float(found[1][1][1].abs().max()) > 0
