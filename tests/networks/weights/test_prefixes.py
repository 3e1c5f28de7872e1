"""Checkpoints whose names carry any prefix."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import vizkit
from tests import nets
from vizkit.errors import WeightsInvalidError
from vizkit.networks.weights.checkpoint import fit

WORDS = st.sampled_from(
    ["module", "model", "backbone", "base_model", "_orig_mod", "net", "0", "first", "conv", "bn"]
) | st.text("abcdefgh_", min_size=1, max_size=8)
PREFIXES = st.lists(WORDS, max_size=4).map(lambda words: "".join(f"{word}." for word in words))
OTHERS = st.dictionaries(
    st.text("xyz.", min_size=1, max_size=6), st.just(torch.ones(1)), max_size=3
)


def stored(seed: int = 3) -> dict[str, Tensor]:
    return dict(nets.seeded(nets.TinyInception(), seed).state_dict())


@settings(max_examples=40, deadline=None)
@given(PREFIXES, OTHERS)
def test_any_prefix_is_taken_off_and_said(prefix: str, others: dict[str, Tensor]) -> None:
    """Beside the network may stand what belongs to the training, if a prefix tells it apart."""
    state = stored()
    file = {f"{prefix}{name}": value for name, value in state.items()}
    module = nets.seeded(nets.TinyInception())
    done = fit(module, file | (others if prefix else {}), what="it")
    assert all(torch.equal(module.state_dict()[name], value) for name, value in state.items())
    assert (repr(prefix) in done) == bool(prefix)
    assert ("left out" in done) == bool(prefix and others)


@settings(max_examples=10, deadline=None)
@given(PREFIXES)
def test_a_prefix_of_the_network_alone_is_put_before(prefix: str) -> None:
    module = nets.seeded(nets.TinyInception())
    around: nn.Module = module
    for word in reversed(prefix.split(".")[:-1]):
        around = nn.ModuleDict({word: around}) if word != "model" else Model(around)
    fit(around, stored(), what="it")
    state = stored()
    assert all(torch.equal(module.state_dict()[name], value) for name, value in state.items())


class Model(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.model = inner


def test_two_networks_in_one_file_are_told_apart_by_nobody() -> None:
    file = {f"{who}.{n}": v for who in ("student", "teacher") for n, v in stored().items()}
    with pytest.raises(WeightsInvalidError, match=r"2 times, under 'student\.', 'teacher\.'"):
        fit(nets.TinyInception(), file, what="it")


def test_what_is_missing_behind_a_prefix_is_named_without_it() -> None:
    file = {f"module.{name}": value for name, value in stored().items()}
    del file["module.fc.bias"]
    with pytest.raises(WeightsInvalidError, match=r"lacks fc\.bias\.\n"):
        fit(nets.TinyInception(), file, what="it")


def test_loading_says_it(tmp_path: Path) -> None:
    state = vizkit.load("lenet5@random").module.state_dict()
    torch.save({f"a.b.{name}": value for name, value in state.items()}, tmp_path / "w.pth")
    with pytest.warns(UserWarning, match=r"w\.pth' names its weights with 'a\.b\.' in front"):
        net = vizkit.load("lenet5", weights=tmp_path / "w.pth")
    assert torch.equal(net.module.state_dict()["c1.weight"], state["c1.weight"])
