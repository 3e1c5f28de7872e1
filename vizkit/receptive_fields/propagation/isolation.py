"""An operator without a rule, measured by itself: which elements change which.

The operator is run on random numbers of the shape that the network gives it. Elements of one index
along one axis at a time become NaN, and then other random numbers: what differs in the output
depends on that index. So the answer is a product of sets, one for each axis, which is all that a
box needs. Constants that it takes are those of the network.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    everything,
    values_in,
)
from vizkit.receptive_fields.propagation.graph import Operation, Shape, Value
from vizkit.receptive_fields.propagation.index_products import IndexProducts
from vizkit.receptive_fields.propagation.relations import (
    Broadcast,
    Couple,
    Mask,
    Permute,
    Relation,
)
from vizkit.receptive_fields.propagation.rules.rearranging import with_numbers
from vizkit.receptive_fields.propagation.windows import filled_up, rows

_MOST_ELEMENTS = 1 << 26
_ADDRESSED = {
    *("grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "deform_conv2d", "roi_align"),
    *("roi_pool", "ps_roi_align", "ps_roi_pool", "index", "index_put", "index_select", "gather"),
    *("scatter", "scatter_add", "index_add", "index_copy", "index_fill", "take", "put"),
}
_DRAWS = 2


def probed(operation: Operation, item: int) -> Dependence:
    """What output number `item` of `operation` depends on, found by running it.

    Raises
    ------
    NeedsValues : it takes constants of which only the shapes are known.
    """
    output = operation.output(item)
    values = list(dict.fromkeys(values_in([operation.args, dict(operation.kwargs)])))
    operation = with_numbers(operation)
    # Where the image tells which elements are taken, any of them may be.
    addressed = operation.name in _ADDRESSED and len(values) > 1
    parts = []
    for value in values:
        chain = None
        small = math.prod(value.shape) * len(output.shape) <= _MOST_ELEMENTS
        numeric = value.dtype.is_floating_point or value.dtype.is_complex
        if small and not addressed and numeric and value.shape:
            # An operator that does not run by itself may depend on everything.
            with suppress(Exception), warnings.catch_warnings(action="ignore"):
                chain = _measured(operation, item, value, output.shape)
        parts.append(Part(value, chain or everything(value.shape, output.shape)))
    return Dependence(output.shape, tuple(parts), measured=True)


def _measured(
    operation: Operation, item: int, value: Value, output: Shape
) -> tuple[Relation, ...] | None:
    """Relations that the probe shows; None where an axis mixes with several others."""
    generator = torch.Generator().manual_seed(0)
    plain = [_run(operation, item, value, None, generator, draw) for draw in range(_DRAWS)]
    # What changes with each index of each axis: (length, *output).
    swept = [
        np.stack(
            [
                _changed(operation, item, value, (axis, index), generator, plain)
                for index in range(length)
            ]
        )
        for axis, length in enumerate(value.shape)
    ]
    relations = _as_windows(value.shape, output, swept)
    if not relations and sum(mask.size for mask in swept) <= _MOST_ELEMENTS:
        # The sets as they are, one for each element of the output and axis of the input.
        relations = (IndexProducts(value.shape, output, tuple(swept)),)
    return relations


def _as_windows(source: Shape, output: Shape, swept: Sequence[Mask]) -> tuple[Relation, ...] | None:
    """Relations for sets that lie along one axis of the output each; None where they do not."""
    # Which axis of the output each axis of the input lies along, and what is read along it.
    along: dict[int, tuple[int, Mask]] = {}
    coupled = []
    for axis, changed in enumerate(swept):
        if source[axis] == 1 and changed.all():
            continue
        varying = [i for i in range(len(output)) if _varies(changed, i + 1)]
        if not varying and changed.all():
            coupled.append(axis)
        elif len(varying) == 1:
            others = tuple(i + 1 for i in range(len(output)) if i != varying[0])
            along[axis] = varying[0], np.any(changed, axis=others)
        else:
            return None
    return _chain(source, output, along, coupled)


def _chain(
    source: Shape,
    output: Shape,
    along: dict[int, tuple[int, Mask]],
    coupled: list[int],
) -> tuple[Relation, ...] | None:
    """Couplings, then windows, then the axes in the output's order."""
    targets = [target for target, _ in along.values()]
    if len(set(targets)) != len(targets) or len(source) != len(output):
        return None
    relations: list[Relation] = [Couple(source, tuple(coupled))] if coupled else []
    shape = [1 if axis in coupled else n for axis, n in enumerate(source)]
    for axis, (target, read) in along.items():
        taken = [np.flatnonzero(read[:, index]) for index in range(output[target])]
        relations.append(rows(axis, shape[axis], filled_up(taken)))
        shape[axis] = output[target]
    order: list[int | None] = [None] * len(output)
    for axis, (target, _) in along.items():
        order[target] = axis
    free = iter(axis for axis in range(len(source)) if axis not in along)
    full = [next(free) if axis is None else axis for axis in order]
    permuted = tuple(shape[axis] for axis in full)
    if full != sorted(full):
        relations.append(Permute(tuple(full)))
    if any(n not in (1, m) for n, m in zip(permuted, output, strict=True)):
        return None
    return (*relations, Broadcast(permuted, output))


def _changed(
    operation: Operation,
    item: int,
    value: Value,
    place: tuple[int, int],
    generator: torch.Generator,
    plain: list[Tensor],
) -> Mask:
    """Elements of the output that change with the elements at one index of one axis."""
    nan = _run(operation, item, value, place, generator, 0)
    changed = nan.isnan() & ~plain[0].isnan()
    for draw in range(_DRAWS):
        other = _run(operation, item, value, place, generator, draw, noise=True)
        changed |= (other != plain[draw]) & ~other.isnan()
    mask: Mask = changed.numpy()
    return mask


def _run(
    operation: Operation,
    item: int,
    value: Value,
    place: tuple[int, int] | None,
    generator: torch.Generator,
    draw: int,
    *,
    noise: bool = False,
) -> Tensor:
    def real(given: Any) -> Any:
        if isinstance(given, Value):
            own = torch.Generator().manual_seed(1000 * draw + given.number)
            tensor = torch.rand(given.shape, generator=own).to(given.dtype)
            if given is value and place is not None:
                axis, index = place
                part = tensor.select(axis, index)
                noisy = torch.rand(part.shape, generator=generator)
                part.copy_(noisy if noise else torch.full_like(noisy, torch.nan))
            return tensor
        if isinstance(given, tuple):
            return [real(each) for each in given]
        return given

    assert operation.func is not None
    args = [real(each) for each in operation.args]
    with torch.no_grad():
        result = operation.func(*args, **{k: real(v) for k, v in operation.kwargs.items()})
    chosen: Tensor = result[item] if isinstance(result, tuple | list) else result
    # The parts of complex numbers are two numbers.
    return torch.view_as_real(chosen).sum(-1) if chosen.is_complex() else chosen.double()


def _varies(array: Mask, axis: int) -> bool:
    return bool((array != array.take([0], axis)).any())
