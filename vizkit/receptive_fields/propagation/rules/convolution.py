"""Convolutions of every kind."""

from __future__ import annotations

import numpy as np

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    everything,
    reshaped,
    single,
)
from vizkit.receptive_fields.propagation.graph import Operation, Shape, Value
from vizkit.receptive_fields.propagation.index_map import Reads
from vizkit.receptive_fields.propagation.relations import Broadcast, Couple, Permute, Relation
from vizkit.receptive_fields.propagation.rules.registry import rule
from vizkit.receptive_fields.propagation.windows import filled_up, per_axis, rows, window


@rule("convolution", "_convolution", "mkldnn_convolution", "cudnn_convolution")
def convolution(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    output = operation.output()
    source, weight = operation.argument("input"), operation.argument("weight")
    parts = []
    if isinstance(source, Value):
        parts.append(Part(source, _of_input(operation, source.shape, output.shape)))
    # Filters that the network makes from the image.
    made = (given for given in (weight, operation.argument("bias")) if isinstance(given, Value))
    parts += [Part(given, everything(given.shape, output.shape)) for given in made]
    return Dependence(output.shape, tuple(parts))


def _of_input(operation: Operation, source: Shape, output: Shape) -> tuple[Relation, ...]:
    kernel = tuple(operation.argument("weight").shape[2:])
    spatial = len(kernel)
    stride, padding, dilation = (
        per_axis(operation.argument(name), spatial) for name in ("stride", "padding", "dilation")
    )
    transposed = operation.argument("transposed", False)
    lead = len(source) - spatial  # 1 without a batch axis, else 2
    relations, mixed = _mixed(source, output[lead - 1], operation.argument("groups", 1), lead - 1)
    for i in range(spatial):
        make = Reads.transposed if transposed else Reads.window
        unmoved = kernel[i] == stride[i] == 1 and not padding[i]
        if unmoved and source[lead + i] == output[lead + i]:
            continue
        reads = make(kernel[i], stride[i], padding[i], dilation[i])
        relations.append(window(lead + i, source[lead + i], output[lead + i], reads))
    before = (*mixed[:lead], *output[lead:])
    if before[lead - 1] == 1 and output[lead - 1] > 1:
        relations.append(Broadcast(before, output))
    return tuple(relations)


def _mixed(source: Shape, channels: int, groups: int, axis: int) -> tuple[list[Relation], Shape]:
    """How the channels mix, to as few of them as differ, and the shape after."""
    before, after = source[:axis], source[axis + 1 :]
    if groups == 1:
        return [Couple(source, (axis,))], (*before, 1, *after)
    if groups == source[axis] == channels:
        return [], source
    split = (*before, groups, source[axis] // groups, *after)
    coupled = (*before, groups, 1, *after)
    spread = (*before, groups, channels // groups, *after)
    joined = (*before, channels, *after)
    return [
        *reshaped(source, split),
        Couple(split, (axis + 1,)),
        Broadcast(coupled, spread),
        *reshaped(spread, joined),
    ], joined


@rule("col2im")
def col2im(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    """Sum of overlapping patches: the transpose of `im2col`."""
    source, output = operation.args[0], operation.output()
    if len(source.shape) != 3:
        return None
    size, kernel, dilation, padding, stride = (per_axis(each, 2) for each in operation.args[1:6])
    counts = [
        (size[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i in (0, 1)
    ]
    batch, channels = source.shape[0], output.shape[1]
    patches = (batch, channels, *kernel, *counts)
    ordered = (batch, channels, kernel[0], counts[0], kernel[1], counts[1])
    flat = (batch, channels, kernel[0] * counts[0], kernel[1] * counts[1])
    relations: list[Relation] = [
        *reshaped(source.shape, patches),
        Permute((0, 1, 2, 4, 3, 5)),
        *reshaped(ordered, flat),
    ]
    for i in (0, 1):
        tap, place = np.divmod(np.arange(kernel[i] * counts[i]), counts[i])
        lands = place * stride[i] - padding[i] + dilation[i] * tap
        read = filled_up([np.flatnonzero(lands == at) for at in range(size[i])])
        relations.append(rows(2 + i, flat[2 + i], read))
    return single(output.shape, source, relations)
