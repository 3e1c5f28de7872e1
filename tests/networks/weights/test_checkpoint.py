from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.networks.weights.checkpoint import fit, read, state_hash


def net() -> nn.Module:
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4)))


def same(module: nn.Module, state: dict[str, torch.Tensor]) -> bool:
    own = module.state_dict()
    return own.keys() == state.keys() and all(torch.equal(own[n], state[n]) for n in own)


@pytest.mark.parametrize("form", ["pth", "legacy", "safetensors", "no suffix"])
def test_every_form_of_a_state_dict_is_read(tmp_path: Path, form: str) -> None:
    state = net().state_dict()
    path = tmp_path / {"safetensors": "net.safetensors", "no suffix": "net"}.get(form, "net.pth")
    if form in ("safetensors", "no suffix"):
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=form == "pth")
    module = net()
    fit(module, read(path), what="it")
    assert same(module, state)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state},
        lambda state: {"checkpoint": 1, "model": {"state_dict": state}},
        lambda state: {f"module.{name}": value for name, value in state.items()},
        lambda state: {"state_dict": {f"_orig_mod.{n}": v for n, v in state.items()}},
        lambda state: {name: value.half() for name, value in state.items()},
        lambda state: {n: v for n, v in state.items() if "num_batches" not in n},
    ],
)
def test_common_wrappers_are_taken_off(tmp_path: Path, wrap: Any) -> None:
    state = {name: value.half().to(value.dtype) for name, value in net().state_dict().items()}
    torch.save(wrap(state), tmp_path / "net.pth")
    module = net()
    fit(module, read(tmp_path / "net.pth"), what="it")
    assert same(module, state)
    assert all(p.dtype == torch.float32 for p in module.parameters())


def test_a_prefix_that_the_network_itself_has_stays(tmp_path: Path) -> None:
    module = nn.ModuleDict({"model": nn.Linear(2, 2)})
    state = {name: torch.ones_like(value) for name, value in module.state_dict().items()}
    fit(module, state, what="it")
    assert same(module, state)


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("plain", [True, False])
def test_a_malicious_pickle_is_refused_and_never_executed(tmp_path: Path, plain: bool) -> None:
    target, path = tmp_path / "executed", tmp_path / "net.pth"
    state = {"conv.weight": Malicious(target)}
    if plain:
        path.write_bytes(pickle.dumps(state))
    else:
        torch.save(state, path)
    with pytest.raises(WeightsInvalidError, match="Nothing in it was executed"):
        read(path)
    assert not target.exists()


def test_the_malicious_pickle_of_these_tests_does_work(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Malicious(tmp_path / "executed")))
    assert (tmp_path / "executed").exists()


def test_files_that_are_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"

    def refused(content: bytes | object, message: str) -> None:
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(WeightsInvalidError, match=message):
            read(path)

    refused(b"", "is empty")
    refused(b"hello, these are no weights", "is not a saved state dict")
    refused(pickle.dumps([1, 2, 3]), "is not a saved state dict|holds a list")
    refused([1, 2, 3], "holds a list, not the named tensors")
    refused({}, "holds nothing")
    refused({"epoch": 3, "lr": 0.1}, "not a tensor under epoch, lr")
    refused(net(), "is not a saved state dict")
    refused(b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5 file")
    torch.save(net().state_dict(), path)
    refused(path.read_bytes()[:-500], "is not a saved state dict")
    safetensors.torch.save_file(net().state_dict(), path)
    refused(path.read_bytes()[:-20], "is not a whole safetensors file")
    with pytest.raises(WeightsInvalidError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(WeightsNotFoundError, match="There is no weights file"):
        read(tmp_path / "absent.pth")


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", bytes(50_000_000))
    with pytest.raises(WeightsInvalidError, match="unpack to 50,000,000 bytes"):
        read(path)


def broken(change: Any) -> dict[str, torch.Tensor]:
    state = dict(net().state_dict())
    change(state)
    return state


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("conv.bias"), r"lacks conv\.bias"),
        (lambda s: s.update(head=torch.ones(1)), "has unknown head"),
        (lambda s: s.update({"conv.bias": torch.ones(9)}), r"conv\.bias \(9,\) where \(4,\)"),
        (lambda s: s["conv.weight"].view(-1)[5].fill_(torch.nan), r"NaN or infinite .* conv\.w"),
        (lambda s: s["norm.running_var"][0].fill_(torch.inf), r"NaN or infinite .* norm\.runn"),
        (
            lambda s: s.update({"conv.bias": torch.full((4,), 1e60, dtype=torch.float64)}),
            "NaN or infinite",
        ),
        (lambda s: s.update({"conv.bias": torch.ones(4, dtype=torch.int8)}), "torch.int8 where"),
    ],
)
def test_weights_that_do_not_fit(change: Any, message: str) -> None:
    with pytest.raises(WeightsInvalidError, match=message):
        fit(net(), broken(change), what="it")


def test_only_a_few_names_are_listed() -> None:
    state = {f"extra{i}": torch.ones(1) for i in range(9)} | net().state_dict()
    with pytest.raises(WeightsInvalidError, match="extra0, extra1, extra2, extra3 and 5 more"):
        fit(net(), state, what="it")


def test_ignored_names_are_left_out() -> None:
    state = {"aux1.weight": torch.ones(1)} | net().state_dict()
    fit(net(), state, what="it", ignored=("aux1.",))


def test_the_hash_of_a_state_sees_names_types_shapes_and_numbers() -> None:
    base = {"a": torch.arange(6.0), "b": torch.zeros(2)}
    others = [
        {"b": base["a"], "a": base["b"]},
        {**base, "a": base["a"].view(2, 3)},
        {**base, "a": base["a"].double()},
        {**base, "a": base["a"].flip(0)},
        {"a": base["a"]},
    ]
    assert len({state_hash(state) for state in [base, *others]}) == 6
    assert state_hash(base) == state_hash(dict(reversed(base.items())))
    assert state_hash({"a": torch.eye(3).t()}) == state_hash({"a": torch.eye(3)})
