"""Operations that put elements in another place and compute nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from vizkit.receptive_fields.propagation.dependence import (
    Dependence,
    Part,
    reshaped,
    single,
    values_in,
)
from vizkit.receptive_fields.propagation.graph import Operation, Value
from vizkit.receptive_fields.propagation.relations import Broadcast, Permute, Pick, Relation
from vizkit.receptive_fields.propagation.rules.registry import rule
from vizkit.receptive_fields.propagation.windows import chosen


class NeedsValues(Exception):
    """The operation depends on numbers, which a pass of shapes alone does not have.

    The caller records again with numbers.
    """


@rule("view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze", "unsqueeze", "flatten",
      "unflatten", "view_copy", "_reshape_copy")  # fmt: skip
def view(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    if math.prod(source.shape) != math.prod(output.shape):
        return None
    return single(output.shape, source, reshaped(source.shape, output.shape))


@rule("permute", "transpose", "t", "movedim", "numpy_T", "adjoint", "mT")
def permute(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    count = len(source.shape)
    order = list(range(count))
    if operation.name == "permute":
        order = [axis % count for axis in operation.args[1]]
    elif operation.name == "transpose":
        first, second = (int(axis) % count for axis in operation.args[1:3])
        order[first], order[second] = order[second], order[first]
    elif operation.name == "t":
        order.reverse()
    else:
        return None
    return single(output.shape, source, (Permute(tuple(order)),))


@rule("slice", "narrow")
def slicing(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    axis = int(operation.argument("dim", 0)) % len(source.shape)
    length = source.shape[axis]
    start = int(operation.argument("start") or 0)
    start = min(max(start + length if start < 0 else start, 0), length)
    step = int(operation.argument("step", 1) or 1) if operation.name == "slice" else 1
    outputs = output.shape[axis]
    if (start, step, outputs) == (0, 1, length):
        return single(output.shape, source, ())
    return single(output.shape, source, (chosen(axis, length, outputs, start, step),))


@rule("select")
def select(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    source, axis, index = operation.args[:3]
    return _selected(source, output, int(axis), int(index))


@rule("unbind")
def unbind(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    return _selected(operation.args[0], output, int(operation.argument("dim", 0)), item)


def _selected(source: Value, output: Value, axis: int, index: int) -> Dependence:
    axis %= len(source.shape)
    length = source.shape[axis]
    kept = tuple(1 if i == axis else n for i, n in enumerate(source.shape))
    relations: tuple[Relation, ...] = (chosen(axis, length, 1, index % length),)
    return single(output.shape, source, (*relations, *reshaped(kept, output.shape)))


@rule("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk",
      "chunk", "tensor_split")  # fmt: skip
def split(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    axis = int(operation.argument("dim", 0)) % len(source.shape)
    start = sum(each.shape[axis] for each in operation.outputs[:item] if each is not None)
    return single(
        output.shape, source, (chosen(axis, source.shape[axis], output.shape[axis], start),)
    )


@rule("flip")
def flip(operation: Operation, item: int) -> Dependence | None:
    source, output = operation.args[0], operation.output(item)
    relations = []
    for axis in operation.args[1]:
        length = source.shape[axis]
        relations.append(chosen(axis % len(source.shape), length, length, length - 1, -1))
    return single(output.shape, source, relations)


@rule("cat", "concat", "stack")
def concatenation(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    axis = int(operation.argument("dim", 0)) % len(output.shape)
    parts = []
    for given in operation.args[0]:
        shape = tuple(given.shape)
        if operation.name == "stack":
            shape = (*shape[:axis], 1, *shape[axis:])
        if len(shape) != len(output.shape):
            continue  # an empty tensor that PyTorch skips
        value = given if isinstance(given, Value) else None
        chain = reshaped(tuple(given.shape), shape)
        parts.append(Part(value, chain, shape[axis]))
    return Dependence(output.shape, tuple(parts), axis)


@rule("write")
def write(operation: Operation, item: int) -> Dependence | None:
    """A tensor in which a part has been overwritten through a view of it."""
    base, new, shape, view_of = operation.args
    output = operation.output(item)
    places = view_of(torch.arange(math.prod(shape)).reshape(shape))
    kept = np.arange(math.prod(shape)).reshape(shape)
    put = np.full(shape, -1)
    kept.ravel()[places.numpy()] = -1
    put.ravel()[places.numpy()] = np.arange(places.numel()).reshape(places.shape)
    parts = [Part(new, (Pick(new.shape, put),))]
    if base is not None:
        parts.append(Part(base, (Pick(shape, kept),)))
    return Dependence(output.shape, tuple(parts))


@rule("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "repeat",
      "im2col", "unfold", "as_strided", "index_select", "index", "gather", "diagonal", "tril",
      "triu", "roll", "rot90", "take", "repeat_interleave", "tile",
      "diagonal_copy")  # fmt: skip
def by_number(operation: Operation, item: int) -> Dependence | None:
    """The operation done to the numbers of the elements tells where each of them goes."""
    source, output = operation.args[0], operation.output(item)
    if not isinstance(source, Value) or len(values_in(operation.args)) > 1:
        return None  # which elements are taken depends on the image
    operation = with_numbers(operation)
    count = math.prod(source.shape)
    # In double precision, exact up to 2**53, because some operations do not take integers; from 1,
    # because some fill up with zeros.
    numbers = torch.arange(1, count + 1, dtype=torch.float64).reshape(source.shape)
    assert operation.func is not None
    moved = operation.func(numbers, *operation.args[1:], **operation.kwargs)
    index = moved.numpy().astype(np.int64) - 1
    return single(output.shape, source, (Pick(source.shape, index),))


@rule("where", "masked_fill")
def chosen_by_mask(operation: Operation, item: int) -> Dependence | None:
    """Each element takes one of two, by a mask that does not depend on the image."""
    output = operation.output(item)
    filled = operation.name == "masked_fill"
    if len(operation.args) < 3 or not isinstance(operation.args[int(filled)], Tensor):
        return None
    args = with_numbers(operation).args
    mask = args[1] if filled else args[0]
    first = np.broadcast_to(mask.numpy(), output.shape)
    one, other = (args[2], args[0]) if filled else args[1:3]
    numbers = np.arange(math.prod(output.shape)).reshape(output.shape)
    parts = []
    for value, taken in ((one, first), (other, ~first)):
        if isinstance(value, Value):
            picked = Pick(output.shape, np.where(taken, numbers, -1))
            parts.append(Part(value, (Broadcast(value.shape, output.shape), picked)))
    return Dependence(output.shape, tuple(parts))


def with_numbers(operation: Operation) -> Operation:
    """The operation with its constants, and the device it names, on the CPU.

    Raises
    ------
    NeedsValues : only the shapes of some are known.
    """

    def here(given: Any) -> Any:
        if isinstance(given, Tensor):
            if given.is_meta or isinstance(given, FakeTensor):
                raise NeedsValues(operation.name)
            return given.detach().cpu()
        if isinstance(given, torch.device):
            return torch.device("cpu")
        if isinstance(given, list | tuple):
            return type(given)(here(each) for each in given)
        return given

    kwargs = {name: here(given) for name, given in operation.kwargs.items()}
    return replace(operation, args=here(operation.args), kwargs=kwargs)
