"""The operations of a network that let no NaN out although nothing but NaN goes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vizkit.receptive_fields.oracle.marks import NanMark
from vizkit.tracing.forward import eval_mode, tensors_in, watching
from vizkit.tracing.held_back import held_back

# Operations that take the form of a tensor, and not its values.
_FORM_ONLY = ("_like", "new_", "empty", "zero_", "fill_", "sym_")


@dataclass(frozen=True, slots=True)
class Swallower:
    """An operation that swallowed NaN.

    Attributes
    ----------
    module : path of the innermost module that was running; empty for the network itself.
    op : name of the operation, such as ``aten.where``.
    """

    module: str
    op: str

    def __str__(self) -> str:
        return f"{self.op} in {self.module}" if self.module else self.op


def swallowers(module: nn.Module, example_input: Tensor) -> tuple[Swallower, ...]:
    """Operations that swallow NaN, in the order in which they run, each place once.

    A comparison or ``argmax`` is listed only if what it told led to finite values.

    Examples
    --------
    >>> import torch
    >>> class Leaky(nn.Module):
    ...     def forward(self, x: Tensor) -> Tensor:
    ...         return torch.where(x > 0, x, 0.0)
    >>> [str(each) for each in swallowers(nn.Sequential(Leaky()), torch.ones(1, 1, 2, 2))]
    ['aten.gt in 0', 'aten.where in 0']
    """
    mark = NanMark(module, example_input)
    watch = _Watch()
    everything = np.ones((1, *mark.size), dtype=np.bool_)
    calls = watching(module, watch.enter, watch.leave)
    with held_back(), eval_mode(module), calls, mark.images(everything) as images, watch:
        module(images)
    return tuple(dict.fromkeys(watch.found))


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows NaN through the operations below autograd.

    Where NaN became an integer or a truth value, the tensor is remembered by its ``id``, and kept
    alive so that no id is used twice.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[Swallower] = []
        self._running: list[str] = []
        self._hidden: dict[int, tuple[Tensor, Swallower]] = {}

    def enter(self, name: str, *_: object) -> None:
        """Note that a call of the module `name` begins."""
        self._running.append(name)

    def leave(self, *_: object) -> None:
        """Note that it ends."""
        self._running.pop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        inputs = list(tensors_in([*args, *kwargs.values()]))
        hidden = [self._hidden[id(x)][1] for x in inputs if id(x) in self._hidden]
        nothing_but_nan = any(_all_nan(x) for x in inputs)
        output = func(*args, **kwargs)
        op = str(func.overloadpacket)
        if not (hidden or nothing_but_nan) or any(part in op for part in _FORM_ONLY):
            return output
        here = Swallower(self._running[-1] if self._running else "", op)
        outputs = list(tensors_in((output,)))
        floats = [x for x in outputs if x.is_floating_point() and x.numel()]
        if floats and not any(bool(x.isnan().any()) for x in floats):
            self.found += [*hidden, here]
        elif not floats:
            for x in outputs:
                self._hidden[id(x)] = (x, hidden[0] if hidden else here)
        return output


def _all_nan(x: Tensor) -> bool:
    return x.is_floating_point() and x.numel() > 0 and bool(x.isnan().all())
