"""Pooling: windows without weights."""

from __future__ import annotations

from math import gcd

import numpy as np

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    all_along,
    reshaped,
    single,
)
from vizkit.receptive_fields.propagation.graph import Operation, Value
from vizkit.receptive_fields.propagation.index_map import Reads
from vizkit.receptive_fields.propagation.relations import Couple, Relation
from vizkit.receptive_fields.propagation.rules.registry import rule
from vizkit.receptive_fields.propagation.windows import indices, per_axis, rows, window


@rule(
    *(f"avg_pool{n}d" for n in (1, 2, 3)),
    *(f"max_pool{n}d{form}" for n in (1, 2, 3) for form in ("", "_with_indices")),
)
def pooling(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    source, output = operation.args[0], operation.output()
    windows = _windows(operation)
    lead = len(source.shape) - len(windows)
    relations: list[Relation] = [
        window(lead + i, source.shape[lead + i], output.shape[lead + i], reads)
        for i, numbers in enumerate(windows)
        if (reads := Reads.window(*numbers)) != Reads.window(1)
    ]
    return single(output.shape, source, relations)


def unpooling(operation: Operation, pooled: Operation) -> Dependence | None:
    """Each place reads the maxima of all windows that it lies in, and where they were found.

    Parameters
    ----------
    pooled : the pooling that the places are of.
    """
    output, image = operation.output(), pooled.args[0]
    windows = _windows(pooled)
    spatial = len(windows)
    if output.shape[-spatial:] != image.shape[-spatial:]:
        return None  # places are numbers in rows of another length
    parts = []
    for value in operation.args[:2]:
        if not isinstance(value, Value) or len(value.shape) != len(output.shape):
            return None
        relations = []
        for axis, numbers in enumerate(windows, len(output.shape) - spatial):
            reads, length = Reads.transposed(*numbers), value.shape[axis]
            read = indices(reads, output.shape[axis])
            real = np.where((read >= 0) & (read < length), read, -1)
            relations.append(rows(axis, length, real, reads))
        parts.append(Part(value, tuple(relations)))
    return Dependence(output.shape, tuple(parts))


def _windows(operation: Operation) -> list[tuple[int, int, int, int]]:
    """Kernel, stride, padding and dilation of a pooling along each of its axes."""
    spatial = int(operation.name[8])
    kernel = per_axis(operation.argument("kernel_size"), spatial)
    stride = per_axis(operation.argument("stride"), spatial) or kernel
    padding = per_axis(operation.argument("padding"), spatial) or (0,) * spatial
    dilation = per_axis(operation.argument("dilation"), spatial) or (1,) * spatial
    return list(zip(kernel, stride, padding, dilation, strict=True))


@rule(
    *(f"{form}adaptive_avg_pool{n}d" for n in (1, 2, 3) for form in ("", "_")),
    *(f"adaptive_max_pool{n}d" for n in (1, 2, 3)),
)
def adaptive_pooling(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    """Bin i of M over N indices: from floor(i N / M) to ceil((i + 1) N / M) - 1."""
    source, output = operation.args[0], operation.output()
    spatial = int(operation.name[-2])
    shape, relations = list(source.shape), list[Relation]()
    for axis in range(len(shape) - spatial, len(shape)):
        length, bins = source.shape[axis], output.shape[axis]
        if bins == 1:
            relations.append(Couple(tuple(shape), (axis,)))
        elif bins != length:
            period, advance = bins // gcd(bins, length), length // gcd(bins, length)
            reads = tuple(
                tuple(range(i * advance // period, -(-(i + 1) * advance // period)))
                for i in range(period)
            )
            relations.append(window(axis, length, bins, Reads(period, advance, reads)))
        shape[axis] = bins
    return single(output.shape, source, relations)


@rule("mean", "sum", "amax", "amin", "prod", "var", "std", "var_mean", "std_mean", "max", "min",
      "logsumexp", "linalg_vector_norm", "norm", "any", "all", "argmax", "argmin", "nansum",
      "median", "nanmedian", "mode", "aminmax")  # fmt: skip
def reduction(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    if len(operation.args) > 1 and hasattr(operation.args[1], "shape"):
        return None  # the larger of two tensors
    dim = operation.argument("dim")
    count = len(source.shape)
    given = (dim,) if isinstance(dim, int) else tuple(dim or ())
    axes = tuple(sorted(axis % count for axis in given)) or tuple(range(count))
    kept = tuple(1 if axis in axes else n for axis, n in enumerate(source.shape))
    relations = (Couple(source.shape, axes), *reshaped(kept, output.shape))
    return single(output.shape, source, relations)


@rule("topk", "sort", "argsort", "_softmax", "_log_softmax", "_safe_softmax")  # fmt: skip
def along_axis(operation: Operation, item: int) -> Dependence | None:
    """Each output depends on all elements along the axis."""
    source, output = operation.args[0], operation.output(item)
    axis = int(operation.argument("dim", -1)) % len(source.shape)
    return single(output.shape, source, all_along(source.shape, (axis,), output.shape))
