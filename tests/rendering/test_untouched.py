"""What rendering must leave as it was: the network, its flags and hooks, and all random states."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.rendering.planted import wrap
from vizkit import Network, Recipe
from vizkit.errors import RenderError, UsageError
from vizkit.rendering import Step

QUICK = Recipe(steps=3, wake_steps=1, dtype="float32")


class Stop(Exception):
    pass


@pytest.fixture
def net() -> Network:
    """Network in a mixture of states: one part in train mode, one weight frozen, one with .grad."""
    net = wrap(nets.seeded(nets.TinyInception()))
    net.module.mixed1.train()
    net.module.stem.bn.momentum = None
    net.module.stem.conv.weight.requires_grad_(False)
    net.module.fc.weight.grad = torch.ones_like(net.module.fc.weight)
    net.module.mixed2.register_forward_hook(_hook)
    net.module.mixed2.register_full_backward_hook(_backward_hook)
    return net


def _hook(module: nn.Module, args: Any, output: Tensor) -> None:
    return None


def _backward_hook(module: nn.Module, grads: Any, outputs: Any) -> None:
    return None


def state(module: nn.Module) -> dict[str, Any]:
    """Everything about a network that rendering could change."""
    found: dict[str, Any] = {}
    for name, each in module.named_modules():
        hooks = (each._forward_hooks, each._forward_pre_hooks, each._backward_hooks)
        found[name, "module"] = (id(each), each.training, [dict(h) for h in hooks])
        found[name, "attributes"] = sorted(vars(each))
        found[name, "forward"] = each.forward
    for name, each in module.named_parameters():
        grad = None if each.grad is None else each.grad.tolist()
        found[name] = (
            id(each),
            each.requires_grad,
            each._version,
            each.stride(),
            grad,
            each.tolist(),
        )
    for name, each in module.named_buffers():
        found[name] = (id(each), each._version, each.tolist())
    return found


def random_state() -> tuple[Any, ...]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), torch.get_rng_state().tolist(), kind, keys.tolist(), *rest


@pytest.fixture(autouse=True)
def nothing_changes(net: Network) -> Iterator[None]:
    """Compares before and after every test of this file."""
    assert net.layers
    before, randomness = state(net.module), random_state()
    modes = (torch.is_grad_enabled(), torch.get_default_dtype(), torch.is_inference_mode_enabled())
    yield
    assert state(net.module) == before
    assert random_state() == randomness
    assert modes == (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.is_inference_mode_enabled(),
    )


def render(net: Network, callback: Callable[[Step], None] | None = None, **options: Any) -> Any:
    options = {"size": 24, "recipe": QUICK} | options
    return vizkit.render(net, "mixed2:0-3", progress=callback, **options)


def test_after_success(net: Network) -> None:
    render(net)
    vizkit.render(net, "logits:1", recipe=QUICK)
    vizkit.render(net, "mixed2:1@3,4", recipe=QUICK)


def test_after_a_rescue(net: Network) -> None:
    with torch.no_grad():
        bias = net.module.mixed2.branch1.bn.bias
        kept, version = bias.clone(), bias._version
    try:
        bias.data.fill_(-1e6)
        assert any(each.attempts > 1 for each in render(net))
    finally:
        bias.data.copy_(kept)
    assert bias._version == version


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("step", [1, 2])
def test_after_an_error_in_the_callback(
    net: Network, error: type[BaseException], step: int
) -> None:
    def fail(seen: Step) -> None:
        if seen.step == step:
            raise error

    with pytest.raises(error):
        render(net, fail)


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), ValueError("no")])
def test_after_an_error_in_the_network(error: BaseException) -> None:
    """The layer is reached, but the forward pass of the measurement on the whole fails before."""
    with torch.random.fork_rng():
        net = wrap(nn.Sequential(nets.Raising(error), nn.Conv2d(3, 4, 3)))
    before = state(net.module)
    with pytest.raises((type(error), UsageError)) as raised:
        vizkit.render(net, "1:0", size=16, recipe=QUICK)
    assert error in (raised.value, raised.value.__cause__)
    assert state(net.module) == before
    assert nets.count_hooks(net.module) == 0


def test_after_mistakes(net: Network) -> None:
    for unit in ("mixed2:99", "nothing:0", "mixed2:0@99,0"):
        with pytest.raises(vizkit.VizkitError):
            vizkit.render(net, unit, recipe=QUICK)


def test_after_calculating_receptive_fields(net: Network) -> None:
    vizkit.receptive_field(net)


def test_renderings_leave_no_hook_behind(net: Network) -> None:
    """Lucent's cost grows with every call, because its hooks stay."""
    count = nets.count_hooks(net.module)
    for _ in range(5):
        render(net)
    assert nets.count_hooks(net.module) == count


def test_where_gradients_are_switched_off(net: Network) -> None:
    plain = render(net)
    for switched_off in (torch.no_grad(), torch.inference_mode()):
        with switched_off:
            pictures = render(net)
        assert all(
            torch.equal(one.image, other.image) for one, other in zip(plain, pictures, strict=True)
        )


def test_where_other_defaults_are_set(net: Network) -> None:
    plain = render(net)
    with torch.device("meta"):
        pictures = render(net)
    assert torch.equal(plain[0].image, pictures[0].image)
    torch.set_default_dtype(torch.float64)
    try:
        pictures = render(net)
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(plain[0].image, pictures[0].image)


def test_global_seeds_do_not_matter(net: Network) -> None:
    """Nor does anything drawn by the caller in between."""
    kept = random_state(), torch.get_rng_state(), random.getstate()
    torch.manual_seed(1)
    one = render(net)
    torch.manual_seed(2)
    random.seed(2)
    other = render(net)
    torch.set_rng_state(kept[1])
    random.setstate(kept[2])
    assert torch.equal(one[3].image, other[3].image)


def test_a_network_in_train_mode_is_rendered_in_eval_mode(net: Network) -> None:
    """BatchNorm and dropout would otherwise mix the images of a batch, and drift."""
    one = render(net)
    net.module.train()
    try:
        other = render(net)
        assert all(child.training for child in net.module.modules())
    finally:
        for name, child in net.module.named_modules():
            child.training = name.startswith("mixed1")
    assert torch.equal(one[2].image, other[2].image)


def test_a_module_that_cannot_be_copied_is_named() -> None:
    class Locked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)
            self.generator = (each for each in "abc")

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x)

    with torch.random.fork_rng():
        net = wrap(Locked())
    with pytest.raises(RenderError, match=r"planted cannot be copied.*\n  Make the module work wi"):
        vizkit.render(net, "conv:0", size=16, recipe=QUICK)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_number_formats_are_named(dtype: torch.dtype) -> None:
    with torch.random.fork_rng():
        net = wrap(nn.Sequential(nn.Conv2d(3, 2, 3)).to(dtype))
    name = str(dtype).removeprefix("torch.")
    with pytest.raises(UsageError, match=rf"weights in {name}.*\n  Load a float32 copy"):
        vizkit.render(net, "0:0", size=16, recipe=QUICK)


@pytest.mark.parametrize("part", ["", "mixed1"])
def test_inside_of_an_open_capture_it_says_so(net: Network, part: str) -> None:
    module = net.module.get_submodule(part)
    images = nets.images(channels=3 if not part else 4)
    with vizkit.capture(module, ["branch2" if part else "mixed1"], stop=False) as acts:
        module(images)
        with pytest.raises(UsageError, match="planted is inside of an open"):
            render(net)
        assert len(acts) == 1
    render(net)
