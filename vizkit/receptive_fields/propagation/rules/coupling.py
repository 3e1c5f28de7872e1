"""Normalizations: the mean and the variance of many elements enter each of them."""

from __future__ import annotations

from vizkit.receptive_fields.propagation.dependence import (
    Chain,
    Dependence,
    Part,
    all_along,
    reshaped,
    values_in,
)
from vizkit.receptive_fields.propagation.graph import Operation
from vizkit.receptive_fields.propagation.relations import Broadcast
from vizkit.receptive_fields.propagation.rules.registry import rule


@rule("native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm", "batch_norm",
      "_native_batch_norm_legit_no_training", "_batch_norm_with_update",
      "_batch_norm_no_update")  # fmt: skip
def batch_norm(operation: Operation, item: int) -> Dependence | None:
    shape = operation.argument("input").shape
    training = operation.argument("training", "no_" not in operation.name)
    axes = tuple(i for i in range(len(shape)) if i != 1) if training else ()
    return _normalized(operation, item, all_along(shape, axes, shape) if axes else ())


@rule("native_layer_norm", "layer_norm", "_fused_rms_norm", "rms_norm")
def layer_norm(operation: Operation, item: int) -> Dependence | None:
    shape, count = operation.argument("input").shape, len(operation.argument("normalized_shape"))
    axes = range(len(shape) - count, len(shape))
    return _normalized(operation, item, all_along(shape, axes, shape))


@rule("native_group_norm")
def group_norm(operation: Operation, item: int) -> Dependence | None:
    groups, shape = operation.argument("group"), operation.argument("input").shape
    split = (shape[0], groups, shape[1] // groups, *shape[2:])
    within = all_along(split, range(2, len(split)), split)
    chain = (*reshaped(shape, split), *within, *reshaped(split, shape))
    return _normalized(operation, item, chain)


def _normalized(operation: Operation, item: int, chain: Chain) -> Dependence | None:
    """The input by `chain`; scales and shifts made from the image, one for each channel."""
    output, source = operation.outputs[item], operation.argument("input")
    if output is None or item:
        return None
    last = "layer" in operation.name or "rms" in operation.name
    parts = [Part(source, chain)]
    for value in values_in(operation.args):
        if value is source:
            continue
        shape = value.shape if last else (*value.shape, *(1,) * (len(output.shape) - 2))
        parts.append(Part(value, (*reshaped(value.shape, shape), Broadcast(shape, output.shape))))
    return Dependence(output.shape, tuple(parts))
