"""Normalizations: the mean and the variance of many elements enter each of them."""

from __future__ import annotations

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    all_along,
    reshaped,
    values_in,
)
from vizkit.receptive_fields.propagation.graph import Operation, Value
from vizkit.receptive_fields.propagation.relations import Broadcast
from vizkit.receptive_fields.propagation.rules.registry import rule


@rule("native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm", "batch_norm",
      "_native_batch_norm_legit_no_training", "_batch_norm_with_update",
      "_batch_norm_no_update")  # fmt: skip
def batch_norm(operation: Operation, item: int) -> Dependence | None:
    source = operation.argument("input")
    training = operation.argument("training", "no_" not in operation.name)
    axes = tuple(i for i in range(len(source.shape)) if i != 1) if training else ()
    return _normalized(operation, item, source, axes)


@rule("native_layer_norm", "layer_norm", "_fused_rms_norm", "rms_norm")
def layer_norm(operation: Operation, item: int) -> Dependence | None:
    source, count = operation.argument("input"), len(operation.argument("normalized_shape"))
    dims = len(source.shape)
    return _normalized(operation, item, source, tuple(range(dims - count, dims)))


@rule("native_group_norm")
def group_norm(operation: Operation, item: int) -> Dependence | None:
    output, source = operation.outputs[item], operation.argument("input")
    if output is None or item:
        return None
    groups, shape = operation.argument("group"), source.shape
    split = (shape[0], groups, shape[1] // groups, *shape[2:])
    within = all_along(split, range(2, len(split)), split)
    chain = (*reshaped(shape, split), *within, *reshaped(split, shape))
    return Dependence(output.shape, (Part(source, chain), *_others(operation, source)))


def _normalized(
    operation: Operation, item: int, source: Value, axes: tuple[int, ...]
) -> Dependence | None:
    output = operation.outputs[item]
    if output is None or item:
        return None
    chain = all_along(source.shape, axes, source.shape) if axes else ()
    return Dependence(output.shape, (Part(source, chain), *_others(operation, source)))


def _others(operation: Operation, source: Value) -> tuple[Part, ...]:
    """Scales and shifts that the network makes from the image, one for each channel."""
    output = operation.output()
    last = "layer" in operation.name or "rms" in operation.name
    parts = []
    for value in values_in(operation.args):
        if value is source:
            continue
        shape = value.shape if last else (*value.shape, *(1,) * (len(output.shape) - 2))
        parts.append(Part(value, (*reshaped(value.shape, shape), Broadcast(shape, output.shape))))
    return tuple(parts)
