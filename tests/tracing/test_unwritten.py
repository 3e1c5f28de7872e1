"""A network that writes in its forward pass is as it was after everything that vizkit does."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from vizkit.receptive_fields import verify
from vizkit.tracing.unwritten import unwritten

SIZE = 8


class Diary(nn.Module):
    """Writes down every pass, in all the ways in which networks do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.head = nn.Conv2d(4, 2, 3)
        self.register_buffer("counted", torch.zeros(()))
        self.register_buffer("replaced", torch.zeros(()))
        self.register_buffer("unset", None)
        self.calls = 0
        self.last: Tensor | None = None
        self.total = torch.zeros(3)
        self.lists: dict[str, list[Any]] = {"shapes": []}
        self.latest: deque[int] = deque([1, 2], maxlen=2)
        self.kinds = {"none"}
        self.counter = Counter(passes=1)
        self.array = np.zeros(2)
        self.pair = ([0], torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        self.counted += 1
        self.replaced = self.replaced + 1
        self.unset = torch.ones(1)
        self.calls += 1
        x = torch.relu(self.conv(x))
        self.last = x.mean()
        self.total.add_(1)
        self.lists["shapes"].append(tuple(x.shape))
        self.lists["more"] = [1]
        self.latest.append(self.calls)
        self.kinds.add(str(x.dtype))
        self.counter["passes"] += 1
        self.array += 1
        self.pair[0].append(1)
        self.pair[1].zero_()
        if not hasattr(self, "grid"):
            self.register_buffer("grid", torch.zeros(2), persistent=False)
            self.scale = nn.Parameter(torch.ones(1))
            self.late = nn.Identity()
        return self.head(x)


@pytest.fixture
def module() -> nn.Module:
    return nets.seeded(nn.Sequential(Diary(), nn.Flatten(), nn.Linear(32, 3))).eval()


def everything(module: nn.Module) -> dict[str, Any]:
    """All that is in a module, as text, and who it is."""
    found: dict[str, Any] = {}
    for name, child in module.named_modules():
        for key, value in sorted(vars(child).items()):
            found[f"{name}.{key}"] = (repr(value), id(value))
        for key, buffer in child.named_buffers(recurse=False):
            found[f"{name}.{key}"] = (id(buffer), buffer.tolist(), buffer._version)
    return found


@pytest.fixture(autouse=True)
def nothing_changes(module: nn.Module) -> Iterator[None]:
    before = everything(module)
    yield
    assert everything(module) == before


def test_the_network_of_these_tests_writes(module: nn.Module) -> None:
    before = everything(module)
    with unwritten(module):
        module(nets.images(1, 1, SIZE))
        during = everything(module)
    assert len({name for name in during if during[name] != before.get(name)}) >= 14


def tuned(net: vizkit.Network, images: Tensor) -> None:
    vizkit.tuning(net, "0.conv:0-1", "rotation", images=images, values=(0.0, 90.0))


def captured(net: vizkit.Network, images: Tensor) -> None:
    with vizkit.capture(net.module, ["0.conv"], after_activation=True) as acts:
        net(images)
        net(images)
    assert acts["0.conv"].shape[1] == 4


def scored(net: vizkit.Network, images: Tensor) -> None:
    renders = vizkit.render(net, "0.conv:0", size=SIZE, steps=2)
    vizkit.scorecard(net, renders, images=images)


VERBS: dict[str, Callable[[vizkit.Network, Tensor], Any]] = {
    "layers": lambda net, images: net.layers,
    "render": lambda net, images: vizkit.render(net, "0.conv:0-1", steps=2, size=SIZE),
    "render logits": lambda net, images: vizkit.render(net, "logits:1", steps=2),
    "scorecard": scored,
    "fields": lambda net, images: vizkit.receptive_field(net),
    "fields of the module": lambda net, images: vizkit.receptive_field(net.module, (1, SIZE, SIZE)),
    "verify": lambda net, images: verify(net),
    "growth": lambda net, images: vizkit.growth(net, layers=["0.conv"], images=images),
    "tuning": tuned,
    "invariance": lambda net, images: vizkit.invariance(
        net, "0.conv", images=images, values=(90.0,)
    ),
    "equivariance": lambda net, images: vizkit.equivariance(
        net, ["0.conv"], "rotation", images=images, values=(90.0,)
    ),
    "families": lambda net, images: vizkit.families(net, "0.conv", images=images),
    "summarize": lambda net, images: vizkit.summarize(net, ["0.conv"], images=images),
    "stream": lambda net, images: list(vizkit.stream(net.module, "0.conv", images=images)),
    "capture": captured,
    "activations": lambda net, images: vizkit.image_activations(net, image=images[0]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_leaves_the_network_as_it_was(module: nn.Module, verb: str) -> None:
    net = nets.plain(module, SIZE)
    VERBS[verb](net, nets.images(6, 1, SIZE))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error(module: nn.Module, error: type[BaseException]) -> None:
    with pytest.raises(error), unwritten(module):
        module(nets.images(1, 1, SIZE))
        raise error


def test_hooks_that_are_added_inside_stay(module: nn.Module) -> None:
    with unwritten(module):
        handle = module.register_forward_hook(lambda *_: None)
    assert nets.count_hooks(module) == 1
    handle.remove()


def test_a_buffer_that_two_modules_share_stays_shared() -> None:
    one, other = nn.Identity(), nn.Identity()
    shared = torch.zeros(1)
    one.register_buffer("state", shared)
    other.register_buffer("state", shared)
    with unwritten(nn.ModuleList([one, other])):
        one.state += 1
        assert other.state.item() == 1
    assert one.state is other.state is shared
    assert shared.item() == 0
