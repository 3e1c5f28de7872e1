"""Constants of a network on a GPU, without one: tensors that refuse to meet those of the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map_only

from vizkit.receptive_fields.propagation.graph import Operation, Value
from vizkit.receptive_fields.propagation.isolation import probed
from vizkit.receptive_fields.propagation.relations import Pick
from vizkit.receptive_fields.propagation.rules import RULES

ATEN = torch.ops.aten


class Elsewhere(Tensor):
    """A tensor that says it is on a GPU, and is used with others after a copy to the CPU alone."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Elsewhere:
        made = Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype, device="cuda:0")
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if any(type(each) is Tensor for each in tree_leaves((args, kwargs))):
            raise RuntimeError("indices should be either on cpu or on the same device")
        if func is ATEN._to_copy.default and kwargs["device"].type == "cpu":
            return args[0].inner
        given = tree_map_only(Elsewhere, lambda each: each.inner, args)
        return tree_map_only(Tensor, Elsewhere, func(*given, **kwargs))


SHAPE = (1, 2, 4, 4)
ORDER = torch.tensor([3, 1, 0, 2])
MASK = torch.arange(4) % 2 == 0


def operation(name: str, func: Any, *args: Any, **kwargs: Any) -> Operation:
    source = Value(0, SHAPE, torch.float32)
    return Operation(name, func, (source, *args), kwargs, (Value(1, SHAPE, torch.float32),))


@pytest.mark.parametrize(
    ("name", "func", "args"),
    [
        ("index", ATEN.index.Tensor, ((None, None, None, ORDER),)),
        ("index_select", ATEN.index_select.default, (3, ORDER)),
        ("masked_fill", ATEN.masked_fill.Scalar, (MASK, 0.0)),
    ],
)
def test_rules_take_constants_from_anywhere(name: str, func: Any, args: Any) -> None:
    there = tree_map_only(Tensor, Elsewhere, args)
    found = []
    for given in (args, there):
        dependence = RULES[name](operation(name, func, *given), 0)
        assert dependence is not None
        (part,) = dependence.parts
        pick = part.chain[-1]
        assert isinstance(pick, Pick)
        found.append(pick.index)
    assert np.array_equal(found[0], found[1])


def test_an_operation_without_a_rule_is_run_on_the_cpu() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[..., 3] = True
    found = []
    for order in (ORDER, Elsewhere(ORDER)):
        given = operation("index", ATEN.index.Tensor, (None, None, None, order))
        (part,) = probed(given, 0).parts
        seen = mask
        for relation in part.chain:
            seen = relation.push(seen)
        found.append(seen)
    assert np.array_equal(found[0], found[1])
    assert found[0][..., 0].all() and not found[0][..., 1:].any()


def test_the_tensors_of_these_tests_refuse_those_of_the_cpu() -> None:
    with pytest.raises(RuntimeError, match="indices should be"):
        torch.arange(4)[Elsewhere(ORDER)]
