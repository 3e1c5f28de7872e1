"""The operations of one forward pass, as a graph of values that never change.

An operation that writes into a tensor makes a new value of it, so that reused buffers, in-place
activations and writes through a view need no special case later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """A tensor that depends on the network's input, at one moment of the forward pass.

    Attributes
    ----------
    number : position in the order in which values came to be; 0 is the input.
    """

    number: int
    shape: Shape
    dtype: torch.dtype


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One operation on values.

    Attributes
    ----------
    name : of the operator, without the underscore of an in-place form: ``convolution``, ``add``.
    func : what computes it; None for `name` ``"write"``, a write through a view, whose args are the
        base (or None where it does not depend on the input), what is written, the shape of the
        base, and a function that gives the view of a tensor of that shape.
    args, kwargs : as given, with a `Value` in place of each tensor that depends on the input.
    outputs : what it returned, None for what is no tensor.
    multiply_adds : of convolutions and matrix products.
    """

    name: str
    func: torch._ops.OpOverload | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outputs: tuple[Value | None, ...]
    multiply_adds: int = 0

    def output(self, item: int = 0) -> Value:
        """What it returned at place `item`, which is a tensor."""
        output = self.outputs[item]
        assert output is not None
        return output

    def argument(self, name: str, default: Any = None) -> Any:
        """Value of the operator's argument `name`, or its default."""
        assert self.func is not None
        for position, described in enumerate(self.func._schema.arguments):
            if described.name == name:
                if position < len(self.args):
                    return self.args[position]
                if name in self.kwargs:
                    return self.kwargs[name]
                return described.default_value if described.has_default_value() else default
        return default


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value can be looked at: what a module returned, or a function that was called.

    Attributes
    ----------
    name : module path; for a function the module that called it and the function's own name.
    op : class of the module, or name of the function.
    call : 1 for the module's first call, and so on.
    module : True for a module.
    value : what it returned; None where that does not depend on the input.
    shape : shape of the output, batch included.
    begin, end : the operations ``begin <= i < end`` were done in it.
    parameters : number of parameters of the module and all in it.
    """

    name: str
    op: str
    call: int
    module: bool
    value: Value | None
    shape: Shape
    begin: int
    end: int
    parameters: int


@dataclass(frozen=True, slots=True)
class Graph:
    """One forward pass.

    Attributes
    ----------
    source : the network's input.
    operations : in the order done.
    places : in the order in which they were finished.
    """

    source: Value
    operations: tuple[Operation, ...]
    places: tuple[Place, ...]
