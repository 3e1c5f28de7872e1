"""Recording a forward pass: shapes alone where the network allows that, no real numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from vizkit.interruption import held_back
from vizkit.operation_cost import multiply_adds
from vizkit.receptive_field.propagation.graph import Graph, Operation, Place, Value, ViewOf
from vizkit.trace import first_tensor

_CONSTANT = {
    *("new_zeros", "new_ones", "new_empty", "new_full", "new_empty_strided"),
    *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
}
"""Operators that take only shape and type of their input."""
_SILENT = {"detach", "alias", "lift_fresh", "_to_copy", "clone", "contiguous"}
"""Operators that return their input as it is."""


def record(module: nn.Module, shape: Sequence[int], *, numbers: bool = False) -> Graph:
    """Operations of one forward pass of `module` on an input of `shape`.

    Nothing is computed but shapes. The train flags stay as they are, for BatchNorm in train mode is
    another operation than in eval mode. The network, its hooks and the random state are as before,
    whatever happens.

    Parameters
    ----------
    numbers : True computes with real numbers, for a network in which constants tell which elements
        are taken. Its weights must be real then.

    Raises
    ------
    Exception : whatever the network raises.
    """
    parameters = [*module.parameters(), *module.buffers()]
    floats = [each for each in parameters if each.is_floating_point()]
    like = floats[0] if floats else torch.empty(0)
    dtype = like.dtype
    with ExitStack() as stack:
        stack.enter_context(held_back())
        stack.callback(random.setstate, random.getstate())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(torch.no_grad())
        _spare_buffers(module, stack)
        if parameters and all(each.is_meta for each in parameters):
            inputs = torch.empty(tuple(shape), dtype=dtype, device="meta")
        elif numbers:
            inputs = torch.zeros(tuple(shape), dtype=dtype, device=like.device)
        else:
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
            inputs = torch.empty(tuple(shape), dtype=dtype, device=like.device)
        return _record(module, inputs, stack)


def _spare_buffers(module: nn.Module, stack: ExitStack) -> None:
    """Let the pass write into copies of the buffers, as BatchNorm in train mode does."""
    for child in module.modules():
        for name, buffer in child._buffers.items():
            if buffer is not None and not buffer.is_meta:
                stack.callback(child._buffers.__setitem__, name, buffer)
                child._buffers[name] = buffer.clone()


def _record(module: nn.Module, inputs: Tensor, stack: ExitStack) -> Graph:
    tape = _Tape()
    source = tape.begin(inputs)
    places = _Places(module, tape)
    for name, child in module.named_modules():
        stack.callback(child.register_forward_pre_hook(places.enter(name)).remove)
        stack.callback(child.register_forward_hook(places.leave(name, child)).remove)
    with _Functions(places), _Operations(tape):
        module(inputs)
    return Graph(source, tuple(tape.operations), tuple(places.found))


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
class _Tape:
    """The operations so far, and the value of every tensor."""

    operations: list[Operation] = field(default_factory=list)
    _values: int = 0
    # By id; the tensors are kept alive, so that no id is used twice.
    _handles: dict[int, tuple[Tensor, _Handle]] = field(default_factory=dict)

    def begin(self, tensor: Tensor) -> Value:
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
        depends = name not in _CONSTANT and _any_value((shown_args, tuple(shown_kwargs.values())))
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


def _chained(views: Sequence[tuple[Any, tuple[Any, ...], Mapping[str, Any], int | None]]) -> ViewOf:
    def view(base: Tensor) -> Tensor:
        for func, args, kwargs, item in views:
            result = func(base, *args, **kwargs)
            base = result if item is None else result[item]
        return base

    return view


def _any_value(given: Any) -> bool:
    if isinstance(given, tuple):
        return any(_any_value(each) for each in given)
    return isinstance(given, Value)


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Puts every operation on the tape."""

    def __init__(self, tape: _Tape) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tape = tape

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        self._tape.add(func, tuple(args), kwargs, output)
        return output


@dataclass(eq=False)
class _Places:
    """Where values can be looked at: the modules and functions that the network calls."""

    module: nn.Module
    tape: _Tape
    found: list[Place] = field(default_factory=list)
    _running: list[tuple[str, bool, int]] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)
    _functions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._paths = {name for name, _ in self.module.named_modules()}

    def enter(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, *_: object) -> None:
            # What a module of PyTorch does inside is its own business.
            library = type(module).__module__.startswith("torch.nn.")
            self._running.append((name, library, len(self.tape.operations)))

        return hook

    def leave(self, name: str, module: nn.Module) -> Callable[..., None]:
        count = sum(each.numel() for each in module.parameters())

        def hook(module: nn.Module, args: object, output: object) -> None:  # noqa: ARG001
            begin = self._running.pop()[2]
            tensor = first_tensor(output)
            if tensor is not None:
                call = self._calls[name] = self._calls.get(name, 0) + 1
                self._add(name, type(module).__name__, tensor, begin, count, call)

        return hook

    def function(self, name: str, tensor: Tensor, begin: int) -> None:
        """Note that the function `name` returned `tensor`."""
        caller, library, _ = self._running[-1]
        if not library:
            unique = self._unique(f"{caller}.{name}".lstrip("."))
            self._add(unique, name, tensor, begin, 0, None)

    def _unique(self, name: str) -> str:
        """`name` with a number behind it if a module or another function has it already."""
        number = self._functions.get(name, -1) + 1
        while (numbered := f"{name}_{number}" if number else name) in self._paths:
            number += 1
        self._functions[name] = number
        return numbered

    def _add(
        self, name: str, op: str, tensor: Tensor, begin: int, parameters: int, call: int | None
    ) -> None:
        value, end = self.tape.value_of(tensor), len(self.tape.operations)
        shape, module = tuple(tensor.shape), call is not None
        self.found.append(Place(name, op, call or 1, module, value, shape, begin, end, parameters))


class _Functions(TorchFunctionMode):
    """Notes the functions and methods of tensors that the network calls itself."""

    def __init__(self, places: _Places) -> None:
        super().__init__()
        self._places = places

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tape = self._places.tape
        begin = len(tape.operations)
        output = func(*args, **(kwargs or {}))
        if isinstance(output, Tensor) and any(
            operation.name not in _SILENT for operation in tape.operations[begin:]
        ):
            name = getattr(func, "__name__", "function").strip("_")
            self._places.function(name, output, begin)
        return output
