"""Multiply-adds of one recorded operation, from the shapes of its tensors alone.

Counted are convolutions and matrix products, attention included: what papers and model cards call
the multiply-adds (or, loosely, the FLOPs) of a network. Pooling, normalization, activations,
additions and biases are not counted. A product with a zero of the padding counts like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

_aten = torch.ops.aten
_Given = Mapping[str, Any]


def multiply_adds(
    func: torch._ops.OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], output: Any
) -> int:
    """Multiply-adds of ``output = func(*args, **kwargs)``.

    Parameters
    ----------
    func : an operation as a ``TorchDispatchMode`` sees it.
    args, kwargs : what it was given; fake and meta tensors do, for only shapes are used.
    output : what it returned.

    Returns
    -------
    int : 0 for anything but convolutions and matrix products. Operations that are made of others
        (``linear``, ``matmul``, ``einsum``, ``conv2d``) count as these.

    Examples
    --------
    >>> image, filters = torch.empty(1, 3, 227, 227), torch.empty(96, 3, 11, 11)
    >>> given = (image, filters, None, [4, 4], [0, 0], [1, 1], False, [0, 0], 1)
    >>> convolution = torch.ops.aten.convolution.default
    >>> multiply_adds(convolution, given, {}, torch.empty(1, 96, 55, 55))
    105415200
    """
    count = _COUNTS.get(func.overloadpacket)
    if count is not None:
        arguments = func._schema.arguments
        named = {each.name: value for each, value in zip(arguments, args, strict=False)}
        return count({**named, **kwargs}, output)
    return _inside(func, args, kwargs) if _is_composite(func) else 0


@cache
def _is_composite(func: torch._ops.OpOverload) -> bool:
    """Whether `func` is made of other operations."""
    # prim::device and its like are not the dispatcher's, which raises when asked about them.
    if not torch._C._dispatch_has_kernel(func.name()):  # type: ignore[no-untyped-call]
        return False
    return func._can_decompose()


def _inside(func: torch._ops.OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Multiply-adds of the operations that `func` is made of, run without data."""
    given, named = tree_map_only(
        Tensor,
        lambda x: torch.empty(x.shape, dtype=x.dtype, device="meta"),
        (tuple(args), dict(kwargs)),
    )
    with torch.no_grad(), _Counter() as counter:
        func.decompose(*given, **named)
    return int(counter.total)


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        self.total += multiply_adds(func, args, kwargs or {}, output)
        return output


def _convolution(given: _Given, output: Any) -> int:
    # A filter is applied once per output position; a transposed one once per input position.
    # The first dimension of the weight is the channels of that side, so that the rest of it is
    # what one value of that side takes part in, within its group.
    applied = given["input"] if given["transposed"] else output
    return int(applied.numel() * prod(given["weight"].shape[1:]))


def _product(first: str, second: str) -> Callable[[_Given, Any], int]:
    """Count of a product over the last dimension of `first`, `second` being matrices."""

    def count(given: _Given, output: Any) -> int:  # noqa: ARG001
        return int(given[first].numel() * given[second].shape[-1])

    return count


def _vector_product(matrix: str) -> Callable[[_Given, Any], int]:
    def count(given: _Given, output: Any) -> int:  # noqa: ARG001
        return int(given[matrix].numel())

    return count


def _attention(given: _Given, output: Any) -> int:  # noqa: ARG001
    # Scores are queries times keys, the result is scores times values. Key and value heads that
    # several query heads share are used once per query head.
    query, key, value = given["query"], given["key"], given["value"]
    *rows, width = query.shape
    return int(prod(rows) * key.shape[-2] * (width + value.shape[-1]))


def _attention_of_heads(given: _Given, output: Any) -> int:  # noqa: ARG001
    """``nn.MultiheadAttention`` in one operation: batch first, one width."""
    batch, queries, width = given["query"].shape
    keys = given["key"].shape[1]
    projections = (2 * queries + 2 * keys) * width * width
    return int(batch * (projections + 2 * queries * keys * width))


def _transformer_layer(given: _Given, output: Any) -> int:
    """``nn.TransformerEncoderLayer`` in one operation: attention and two linear layers."""
    source = given["src"]
    linear = 2 * source.numel() * given["ffn_weight_1"].shape[0]
    return _attention_of_heads({"query": source, "key": source}, output) + int(linear)


def _nothing(given: _Given, output: Any) -> int:  # noqa: ARG001
    return 0


_COUNTS: dict[Any, Callable[[_Given, Any], int]] = {
    _aten.convolution: _convolution,
    _aten._convolution: _convolution,
    _aten.convolution_overrideable: _convolution,
    _aten.mm: _product("self", "mat2"),
    _aten.bmm: _product("self", "mat2"),
    _aten.addmm: _product("mat1", "mat2"),
    _aten.addmm_: _product("mat1", "mat2"),
    _aten._addmm_activation: _product("mat1", "mat2"),
    _aten.baddbmm: _product("batch1", "batch2"),
    _aten.baddbmm_: _product("batch1", "batch2"),
    _aten.addbmm: _product("batch1", "batch2"),
    _aten.mv: _vector_product("self"),
    _aten.addmv: _vector_product("mat"),
    _aten.dot: _vector_product("self"),
    _aten.vdot: _vector_product("self"),
    _aten._scaled_dot_product_flash_attention: _attention,
    _aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    _aten._scaled_dot_product_efficient_attention: _attention,
    _aten._scaled_dot_product_cudnn_attention: _attention,
    _aten._scaled_dot_product_fused_attention_overrideable: _attention,
    _aten._native_multi_head_attention: _attention_of_heads,
    _aten._transformer_encoder_layer_fwd: _transformer_layer,
    # Made of others, with no product among them; looking inside each one would take long.
    _aten.native_batch_norm: _nothing,
}
"""Counts by operation, of its arguments by name and its output."""
