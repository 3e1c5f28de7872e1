"""Resizing: what each output index reads, seen on the weights that PyTorch itself gives it."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vizkit.receptive_fields.propagation.dependence import Dependence, single
from vizkit.receptive_fields.propagation.graph import Operation
from vizkit.receptive_fields.propagation.index_map import Reads
from vizkit.receptive_fields.propagation.relations import Relation, Window
from vizkit.receptive_fields.propagation.rules.registry import rule
from vizkit.receptive_fields.propagation.windows import filled_up

_ROUNDING = 1e-9


@rule(
    *(f"upsample_{kind}{n}d" for kind in ("nearest", "bilinear", "bicubic") for n in (1, 2, 3)),
    *(f"_upsample_nearest_exact{n}d" for n in (1, 2, 3)),
    *("upsample_linear1d", "upsample_trilinear3d"),
    *("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_lanczos2d_aa"),
)
def resize(operation: Operation, item: int) -> Dependence | None:  # noqa: ARG001
    source, output = operation.args[0], operation.output()
    lead = 2
    relations: list[Relation] = []
    for axis in range(lead, len(source.shape)):
        before, after = source.shape[axis], output.shape[axis]
        scale = _scale(operation, axis - lead)
        exact = scale is None or before * scale == after
        if before == after and exact:
            continue
        aligned = bool(operation.argument("align_corners", False))
        weights = _weights(operation, before, after, scale)
        reads = None
        if exact and after > 1:
            reads = _reads(operation, before - aligned, after - aligned, aligned)
        relations.append(_window(axis, before, weights, reads))
    return single(output.shape, source, relations)


def _window(axis: int, length: int, weights: NDArray[Any], reads: Reads | None) -> Window:
    read = [np.flatnonzero(row) for row in weights]
    padded = np.zeros(len(read), bool)
    if reads is not None:
        # At the border the line that would lie outside is replaced by the last one inside.
        nominal = [reads.at(index) for index in range(len(read))]
        padded[:] = [min(n, default=0) < 0 or max(n, default=0) >= length for n in nominal]
    return Window(axis, length, filled_up(read), reads, padded)


def _weights(operation: Operation, before: int, after: int, scale: float | None) -> NDArray[Any]:
    """Weight of each input index, (after, before), for each output index along one axis."""
    count = len(operation.args[0].shape) - 2
    # Along the last axis, whichever it is about: all are resized alike, but PyTorch's antialiased
    # kernel takes the first row's weights for all rows of an image that is one column wide.
    ones = [1] * (count - 1)
    given = torch.eye(before, dtype=torch.float64).reshape(before, 1, *ones, before)
    assert operation.func is not None
    arguments: dict[str, Any] = {"output_size": [*ones, after]}
    for described in operation.func._schema.arguments[1:]:
        if described.name == "align_corners":
            arguments["align_corners"] = operation.argument("align_corners")
        elif described.name.startswith("scales") and scale is not None:
            own = described.name == _scale_names(count)[-1]
            arguments[described.name] = scale if own else None
        elif described.name == "scale_factors":
            arguments["scale_factors"] = None
    if scale is not None and "scale_factors" in arguments:
        arguments["output_size"], arguments["scale_factors"] = None, [*map(float, ones), scale]
    weights: NDArray[Any] = operation.func(given, **arguments).reshape(before, after).T.numpy()
    return weights


def _reads(operation: Operation, before: int, after: int, aligned: bool) -> Reads | None:
    """Reads far from any border, seen in the middle of a larger input of the same ratio."""
    period, advance = after // gcd(before, after), before // gcd(before, after)
    turns = 2 * (16 + 8 * -(-advance // period)) // max(min(advance, period), 1) + 2
    if max(period, advance) * turns > 4096:
        return None
    large, result = advance * turns, period * turns
    weights = _weights(operation, large + aligned, result + aligned, None)
    begin = turns // 2
    # So far from 0, an index that falls on a pixel may miss it by a rounding error.
    taken = abs(weights[begin * period : (begin + 1) * period]) > _ROUNDING
    offsets = tuple(tuple((np.flatnonzero(row) - begin * advance).tolist()) for row in taken)
    return Reads(period, advance, offsets)


def _scale(operation: Operation, axis: int) -> float | None:
    """Scale factor that the caller stated for a spatial axis; None when it stated a size."""
    factors = operation.argument("scale_factors")
    if factors is not None:
        return float(factors[axis])
    count = len(operation.args[0].shape) - 2
    found = operation.argument(_scale_names(count)[axis])
    return None if found is None else float(found)


def _scale_names(count: int) -> tuple[str, ...]:
    return ("scales",) if count == 1 else ("scales_d", "scales_h", "scales_w")[-count:]
