"""Products of matrices: linear layers and attention."""

from __future__ import annotations

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    all_along,
    values_in,
)
from vizkit.receptive_fields.propagation.graph import Operation, Shape, Value
from vizkit.receptive_fields.propagation.relations import Broadcast
from vizkit.receptive_fields.propagation.rules.registry import rule


@rule("mm", "bmm", "matmul", "addmm", "baddbmm", "mv", "addmv", "dot", "_int_mm")
def product(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    added = operation.name in ("addmm", "baddbmm", "addmv")
    left, right = operation.args[1:3] if added else operation.args[:2]
    if len(_shape(left)) < 2 or len(_shape(right)) < 2:
        return None
    parts = []
    if isinstance(left, Value):
        parts.append(_summed(left, -1, output.shape))
    if isinstance(right, Value):
        parts.append(_summed(right, -2, output.shape))
    if added and isinstance(operation.args[0], Value):
        bias = operation.args[0]
        parts.append(Part(bias, (Broadcast(bias.shape, output.shape),)))
    return Dependence(output.shape, tuple(parts))


@rule("linear")
def linear(operation: Operation, item: int) -> Dependence | None:
    output, source = operation.output(item), operation.args[0]
    if not isinstance(source, Value) or len(values_in(operation.args)) > 1:
        return None
    return Dependence(output.shape, (_summed(source, -1, output.shape),))


@rule(
    "scaled_dot_product_attention",
    *(
        f"_scaled_dot_product_{kind}"
        for kind in (
            "flash_attention", "flash_attention_for_cpu", "efficient_attention",
            "attention_math", "cudnn_attention", "fused_attention_overrideable",
        )
    ),
)  # fmt: skip
def attention(operation: Operation, item: int) -> Dependence | None:
    """Each query looks at all keys and takes from all values."""
    output = operation.outputs[item]
    if output is None or item:
        return None
    query, key, value = operation.args[:3]
    if _shape(query)[:-2] != _shape(key)[:-2]:
        return None  # grouped queries
    parts = []
    for given, axes in ((query, (-1,)), (key, (-2, -1)), (value, (-2,))):
        if isinstance(given, Value):
            parts.append(_summed(given, axes, output.shape))
    masks = values_in([operation.args[3:], dict(operation.kwargs)])
    parts += [_summed(mask, -1, output.shape) for mask in masks]
    return Dependence(output.shape, tuple(parts))


def _summed(value: Value, axes: int | tuple[int, ...], output: Shape) -> Part:
    """The whole of `value` along `axes`, for each element of the output."""
    count = len(value.shape)
    along = tuple(axis % count for axis in ((axes,) if isinstance(axes, int) else axes))
    return Part(value, all_along(value.shape, along, output))


def _shape(given: object) -> Shape:
    return tuple(getattr(given, "shape", ()))
