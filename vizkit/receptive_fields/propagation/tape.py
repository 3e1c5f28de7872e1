"""The operations of a pass and the value of every tensor in it, views and writes included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vizkit.receptive_fields.propagation.dependence import values_in
from vizkit.receptive_fields.propagation.graph import Operation, Value
from vizkit.receptive_fields.propagation.multiply_adds import multiply_adds

_CONSTANT = {
    *("new_zeros", "new_ones", "new_empty", "new_full", "new_empty_strided"),
    *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
}
"""Operators that take only shape and type of their input."""


@dataclass(eq=False, slots=True)
class _Memory:
    """What several tensors look at: one block of memory and its value now."""

    value: Value | None
    shape: tuple[int, ...]
    version: int = 0


@dataclass(eq=False, slots=True)
class _Handle:
    """A tensor: a view of a memory, by the operations that made it one."""

    memory: _Memory
    value: Value | None
    views: tuple[tuple[Any, tuple[Any, ...], Mapping[str, Any], int | None], ...] = ()
    version: int = 0


@dataclass(eq=False)
class Tape:
    """The operations so far, and the value of every tensor."""

    operations: list[Operation] = field(default_factory=list)
    _values: int = 0
    # By id; the tensors are kept alive, so that no id is used twice.
    _handles: dict[int, tuple[Tensor, _Handle]] = field(default_factory=dict)

    def begin(self, tensor: Tensor) -> Value:
        """Value of `tensor` as the input of the pass."""
        value = self._new_value(tensor)
        self._bind(tensor, value)
        return value

    def value_of(self, tensor: Tensor) -> Value | None:
        """Value of `tensor` now; None if it does not depend on the input."""
        known = self._handles.get(id(tensor))
        if known is None:
            return None
        handle = known[1]
        if handle.version != handle.memory.version:
            handle.value = self._replayed(handle)
            handle.version = handle.memory.version
        return handle.value

    def _replayed(self, handle: _Handle) -> Value | None:
        """Value of a view whose memory was written to by another road."""
        value = handle.memory.value
        if value is None:
            return None
        for func, args, kwargs, item in handle.views:
            shown = torch.empty(value.shape, dtype=value.dtype, device="meta")
            viewed = func(shown, *args, **kwargs)
            outputs = [viewed] if item is None else list(viewed)
            values = tuple(self._new_value(each) for each in outputs)
            self._add(func, (value, *args), kwargs, values)
            value = values[item or 0]
        return value

    def add(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> None:
        """Record ``output = func(*args, **kwargs)``, which has been done."""
        written = [
            given
            for described, given in zip(func._schema.arguments, args, strict=False)
            if described.alias_info is not None and described.alias_info.is_write
        ]
        shown_args, shown_kwargs = self._shown(args), {k: self._shown(v) for k, v in kwargs.items()}
        name = func._schema.name.split("::")[1]
        depends = name not in _CONSTANT and bool(values_in([shown_args, shown_kwargs]))
        outputs = list(output) if isinstance(output, tuple | list) else [output]
        if written:
            if depends:
                self._write(func, shown_args, shown_kwargs, written, outputs)
            return
        returns = func._schema.returns
        is_view = bool(returns) and returns[0].alias_info is not None
        if not depends and not is_view:
            return
        values = tuple(
            self._new_value(each) if depends and isinstance(each, Tensor) else None
            for each in outputs
        )
        if depends:
            cost = multiply_adds(func, args, kwargs, output)
            self._add(func, shown_args, shown_kwargs, values, cost)
        for item, (tensor, value) in enumerate(zip(outputs, values, strict=True)):
            if not isinstance(tensor, Tensor):
                continue
            if is_view and isinstance(args[0], Tensor):
                base = self._handle(args[0])
                step = (func, args[1:], kwargs, item if isinstance(output, tuple | list) else None)
                handle = _Handle(base.memory, value, (*base.views, step), base.memory.version)
                self._handles[id(tensor)] = (tensor, handle)
            else:
                self._bind(tensor, value)

    def _write(
        self,
        func: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        written: Sequence[Any],
        outputs: Sequence[Any],
    ) -> None:
        tensors = [each for each in written if isinstance(each, Tensor)]
        values = tuple(self._new_value(each) for each in tensors)
        self._add(func, args, kwargs, values)
        for tensor, value in zip(tensors, values, strict=True):
            handle = self._handle(tensor)
            memory = handle.memory
            if handle.views:
                view = _chained(handle.views)
                base = self._new_value_of(memory.shape, value.dtype)
                self.operations.append(
                    Operation("write", None, (memory.value, value, memory.shape, view), {}, (base,))
                )
                memory.value = base
            else:
                memory.value = value
            memory.version += 1
            handle.value, handle.version = value, memory.version
        for output in outputs:
            if isinstance(output, Tensor) and not any(output is each for each in tensors):
                self._bind(output, values[0])

    def _add(
        self,
        func: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        values: tuple[Value | None, ...],
        cost: int = 0,
    ) -> None:
        name = func._schema.name.split("::")[1]
        name = name if name.startswith("_") else name.rstrip("_")
        self.operations.append(Operation(name, func, args, kwargs, values, cost))

    def _handle(self, tensor: Tensor) -> _Handle:
        if id(tensor) not in self._handles:
            self._bind(tensor, None)
        return self._handles[id(tensor)][1]

    def _bind(self, tensor: Tensor, value: Value | None) -> None:
        memory = _Memory(value, tuple(tensor.shape))
        self._handles[id(tensor)] = (tensor, _Handle(memory, value))

    def _shown(self, given: Any) -> Any:
        if isinstance(given, Tensor):
            value = self.value_of(given)
            return given if value is None else value
        if isinstance(given, list | tuple):
            return tuple(self._shown(each) for each in given)
        return given

    def _new_value(self, tensor: Tensor) -> Value:
        return self._new_value_of(tuple(tensor.shape), tensor.dtype)

    def _new_value_of(self, shape: tuple[int, ...], dtype: torch.dtype) -> Value:
        self._values += 1
        return Value(self._values - 1, shape, dtype)


def _chained(views: Sequence[tuple[Any, tuple[Any, ...], Mapping[str, Any], int | None]]) -> Any:
    def view(base: Tensor) -> Tensor:
        for func, args, kwargs, item in views:
            result = func(base, *args, **kwargs)
            base = result if item is None else result[item]
        return base

    return view
