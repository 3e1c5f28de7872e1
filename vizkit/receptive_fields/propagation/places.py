"""Where values of a recorded pass can be looked at: its modules and functions, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vizkit.receptive_fields.propagation.graph import Place
from vizkit.receptive_fields.propagation.tape import Tape
from vizkit.tracing.forward import first_tensor

_SILENT = {"detach", "alias", "lift_fresh", "_to_copy", "clone", "contiguous"}
"""Operators that return their input as it is."""


class _Call(NamedTuple):
    """A call of a module that has not returned yet."""

    name: str
    of_pytorch: bool
    """Whether the module is one of PyTorch's, whose inside is its own business."""
    begin: int
    """Number of the first operation done in it."""


@dataclass(eq=False)
class Places:
    """Where values can be looked at: the modules and functions that the network calls."""

    module: nn.Module
    tape: Tape
    found: list[Place] = field(default_factory=list)
    _running: list[_Call] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)
    _functions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parameters = {
            name: sum(each.numel() for each in child.parameters())
            for name, child in self.module.named_modules()
        }

    def enter(self, name: str, module: nn.Module, *_: object) -> None:
        """Note that a call of `module`, whose path is `name`, begins."""
        of_pytorch = type(module).__module__.startswith("torch.nn.")
        self._running.append(_Call(name, of_pytorch, len(self.tape.operations)))

    def leave(self, name: str, module: nn.Module, args: object, output: object) -> None:  # noqa: ARG002
        """Note that it ends, and what it returned."""
        begin = self._running.pop().begin
        tensor = first_tensor(output)
        if tensor is not None:
            call = self._calls[name] = self._calls.get(name, 0) + 1
            self._add(name, type(module).__name__, tensor, begin, call)

    def function(self, name: str, tensor: Tensor, begin: int) -> None:
        """Note that the function `name` returned `tensor`."""
        caller = self._running[-1]
        if not caller.of_pytorch:
            unique = self._unique(f"{caller.name}.{name}".lstrip("."))
            self._add(unique, name, tensor, begin)

    def _unique(self, name: str) -> str:
        """`name` with a number behind it if a module or another function has it already."""
        number = self._functions.get(name, -1) + 1
        while (numbered := f"{name}_{number}" if number else name) in self._parameters:
            number += 1
        self._functions[name] = number
        return numbered

    def _add(self, name: str, op: str, tensor: Tensor, begin: int, call: int | None = None) -> None:
        value, end, shape = self.tape.value_of(tensor), len(self.tape.operations), tensor.shape
        module, parameters = call is not None, self._parameters.get(name, 0)
        place = Place(name, op, call or 1, module, value, tuple(shape), begin, end, parameters)
        self.found.append(place)


class Functions(TorchFunctionMode):
    """Notes the functions and methods of tensors that the network calls itself."""

    def __init__(self, places: Places) -> None:
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
