"""One traced forward pass: what each module returned, and what became of it.

Tensors are followed by identity, below autograd and the Python API, so that ``F.relu``, ``nn.ReLU``
and ``x.relu_()`` look the same, as do ``torch.cat`` and ``torch.hstack``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vizkit.tracing.forward import (
    eval_mode,
    first_tensor,
    same_random_state,
    tensors_in,
    watching,
)
from vizkit.tracing.held_back import held_back

_aten = torch.ops.aten
_RELU = {_aten.relu, _aten.relu_}
_ADD = {_aten.add, _aten.add_}
_POINTWISE = {
    *_RELU,
    *(_aten.hardtanh, _aten.hardtanh_, _aten.clamp, _aten.clamp_, _aten.clamp_min, _aten.gelu),
    *(_aten.silu, _aten.silu_, _aten.hardswish, _aten.hardswish_, _aten.leaky_relu, _aten.elu),
    *(_aten.leaky_relu_, _aten.elu_, _aten.tanh, _aten.sigmoid, _aten.prelu, _aten._prelu_kernel),
}
# Operations behind which the scores of a classifier are still its scores, in another form.
_SAME_SCORES = {
    *(_aten.view, _aten._unsafe_view, _aten.squeeze, _aten.select, _aten.alias, _aten.clone),
    *(_aten._softmax, _aten._log_softmax, _aten.sigmoid, _aten._to_copy),
}


@dataclass(frozen=True, slots=True)
class TracedModule:
    """What one forward pass tells about one module; of its first call, if there are several.

    Attributes
    ----------
    name : path as in ``named_modules()``; empty for the root.
    op : name of the module's class.
    calls : how often the forward pass called the module.
    shape : shape of the output (of its first item, for a tuple), batch included.
    activation : ``"relu"`` when the first operation on the output, after the module returned it,
        is a ReLU; else None.
    parts : ``(name, start, stop)`` for an output that concatenates along the channels: channels
        ``start <= c < stop`` are the output of the module `name` (empty when no module's).
    leaf : True when the module has no children.
    residual : True when the module itself adds two maps, with at most an activation after it.
    scores : True for the leaf that makes the network's output, seen through reshaping and softmax.
    """

    name: str
    op: str
    calls: int
    shape: tuple[int, ...]
    activation: str | None
    parts: tuple[tuple[str, int, int], ...]
    leaf: bool
    residual: bool
    scores: bool


def trace(
    module: nn.Module, inputs: Tensor | tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
) -> tuple[TracedModule, ...]:
    """Modules that return a tensor, in the order in which their first calls end.

    One forward pass in eval mode without gradients. Hooks are removed and train flags and random
    state are as before, whatever happens.

    Parameters
    ----------
    module : any network.
    inputs : the positional arguments of its forward; a tensor stands for one argument.
    kwargs : the keyword arguments of its forward.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    >>> [(t.name, t.activation, t.shape) for t in trace(net, torch.zeros(1, 3, 8, 8))]
    [('0', 'relu', (1, 4, 6, 6)), ('1', None, (1, 4, 6, 6)), ('', None, (1, 4, 6, 6))]
    """
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    recorder = _Recorder(module)
    calls = watching(module, recorder.enter, recorder.leave)
    with (
        held_back(),
        same_random_state(module),
        eval_mode(module),
        calls,
        torch.no_grad(),
        recorder,
    ):
        output = module(*arguments, **(kwargs or {}))
    return recorder.result(first_tensor(output))


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows tensors from the module that returned them to the operations that take them.

    Tables are keyed by ``id``; every tensor in one is kept alive, so that no id is used twice. An
    in-place operation makes another tensor of the same id: what was known of it is forgotten.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._modules = dict(module.named_modules())
        self._running: list[str] = []
        self._kept: list[Tensor] = []
        self._calls: dict[str, int] = {}
        self._shape: dict[str, tuple[int, ...]] = {}
        self._activation: dict[str, str] = {}
        self._parts: dict[str, tuple[tuple[str, int, int], ...]] = {}
        self._residual: set[str] = set()
        # By id of a tensor: modules whose output waits for its first operation; modules that
        # returned it, inner ones first; what it concatenates; the module that added it up; what it
        # is another form of.
        self._waiting: dict[int, list[str]] = {}
        self._returned_by: dict[int, list[str]] = {}
        self._concatenates: dict[int, tuple[Tensor, ...]] = {}
        self._added_in: dict[int, str] = {}
        self._form_of: dict[int, Tensor] = {}

    def enter(self, name: str, *_: object) -> None:
        """Note that a call of the module `name` begins."""
        self._running.append(name)

    def leave(self, name: str, module: nn.Module, args: object, output: object) -> None:  # noqa: ARG002
        """Note that it ends, and what it returned."""
        self._running.pop()
        tensor = first_tensor(output)
        if tensor is None:
            return
        self._kept.append(tensor)
        self._returned_by.setdefault(id(tensor), []).append(name)
        self._calls[name] = self._calls.get(name, 0) + 1
        if self._calls[name] > 1:
            return
        self._shape[name] = tuple(tensor.shape)
        self._waiting.setdefault(id(tensor), []).append(name)
        if id(tensor) in self._concatenates:
            self._parts[name] = tuple(self._parts_of(tensor, 0))
        if self._added_in.get(id(tensor)) == name:
            self._residual.add(name)

    def _parts_of(self, tensor: Tensor, start: int) -> Iterator[tuple[str, int, int]]:
        for part in self._concatenates[id(tensor)]:
            stop = start + part.shape[1]
            maker = self._maker(part)
            if not maker and id(part) in self._concatenates:
                yield from self._parts_of(part, start)
            else:
                yield maker, start, stop
            start = stop

    def _maker(self, tensor: Tensor) -> str:
        """Most telling of the modules that returned `tensor`.

        The first to return it made it. Modules around that one tell more (a convolution with its
        normalization and ReLU), but a plain sequence only repeats what its last module said.
        """
        names = self._returned_by.get(id(tensor), [])
        if not names:
            return ""
        inner, *around = names
        around = [name for name in around if inner.startswith(f"{name}." if name else "")]
        telling = [name for name in around if type(self._modules[name]) is not nn.Sequential]
        return telling[-1] if telling else inner

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        op = func.overloadpacket
        for tensor in tensors_in(args):
            for name in self._waiting.pop(id(tensor), ()):
                if op in _RELU:
                    self._activation[name] = "relu"
        added_in = self._added_in.get(id(args[0])) if op in _POINTWISE else None
        output = func(*args, **kwargs)
        for described, given in zip(func._schema.arguments, args, strict=False):
            if described.alias_info is not None and described.alias_info.is_write:
                self._forget(given)
        if not isinstance(output, Tensor):
            return output
        if op is _aten.cat and _dim(args, kwargs) % output.ndim == 1:
            self._concatenates[id(output)] = tuple(args[0])
            self._kept += [output, *args[0]]
        elif op in _ADD and _is_sum_of_maps(args):
            added_in = self._running[-1] if self._running else None
        elif op in _SAME_SCORES and isinstance(args[0], Tensor):
            self._form_of[id(output)] = args[0]
            self._kept += [output, args[0]]
        if added_in is not None:
            self._added_in[id(output)] = added_in
            self._kept.append(output)
        return output

    def _forget(self, tensor: object) -> None:
        for table in (self._returned_by, self._concatenates, self._added_in, self._form_of):
            table.pop(id(tensor), None)

    def result(self, output: Tensor | None) -> tuple[TracedModule, ...]:
        """Give the records of the modules, by the network's own output."""
        while output is not None and id(output) in self._form_of:
            output = self._form_of[id(output)]
        makers = self._returned_by.get(id(output), [])
        leaves = {name for name, m in self._modules.items() if next(m.children(), None) is None}
        scores = next((name for name in makers if name in leaves), None)
        return tuple(
            TracedModule(
                name=name,
                op=type(self._modules[name]).__name__,
                calls=self._calls[name],
                shape=shape,
                activation=self._activation.get(name),
                parts=self._parts.get(name, ()),
                leaf=name in leaves,
                residual=name in self._residual,
                scores=name == scores,
            )
            for name, shape in self._shape.items()
        )


def _dim(args: Any, kwargs: Mapping[str, Any]) -> int:
    dim = args[1] if len(args) > 1 else kwargs.get("dim", 0)
    return int(dim)


def _is_sum_of_maps(args: Any) -> bool:
    first, second = args[0], args[1]
    return (
        isinstance(first, Tensor)
        and isinstance(second, Tensor)
        and first.ndim == 4
        and first.shape == second.shape
    )
