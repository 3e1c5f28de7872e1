"""The operations of a network that let no NaN out although nothing but NaN goes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vizkit.receptive_fields.oracle.marks import NanMark
from vizkit.tracing.forward import eval_mode
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
    >>> class Leaky(nn.Module):
    ...     def forward(self, x: Tensor) -> Tensor:
    ...         return torch.where(x > 0, x, 0.0)
    >>> [str(each) for each in swallowers(nn.Sequential(Leaky()), torch.ones(1, 1, 2, 2))]
    ['aten.gt in 0', 'aten.where in 0']
    """
    mark = NanMark(module, example_input)
    watch = _Watch()
    with ExitStack() as stack:
        stack.enter_context(held_back())
        stack.enter_context(eval_mode(module))
        for name, child in module.named_modules():
            enter, leave = watch.hooks(name)
            stack.callback(child.register_forward_pre_hook(enter).remove)
            stack.callback(child.register_forward_hook(leave).remove)
        images = stack.enter_context(mark.images(_everything(mark.size)))
        stack.enter_context(watch)
        module(images)
    return tuple(dict.fromkeys(watch.found))


def _everything(size: tuple[int, int]) -> Any:
    return torch.ones(1, *size, dtype=torch.bool).numpy()


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

    def hooks(self, name: str) -> tuple[Callable[..., None], Callable[..., None]]:
        """Hooks for the begin and the end of a call of the module `name`."""

        def enter(*_: object) -> None:
            self._running.append(name)

        def leave(*_: object) -> None:
            self._running.pop()

        return enter, leave

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        inputs = [*_tensors(args), *_tensors(kwargs.values())]
        hidden = [self._hidden[id(x)][1] for x in inputs if id(x) in self._hidden]
        nothing_but_nan = any(_all_nan(x) for x in inputs)
        output = func(*args, **kwargs)
        op = str(func.overloadpacket)
        if not (hidden or nothing_but_nan) or any(part in op for part in _FORM_ONLY):
            return output
        here = Swallower(self._running[-1] if self._running else "", op)
        outputs = list(_tensors((output,)))
        floats = [x for x in outputs if x.is_floating_point() and x.numel()]
        if floats and not any(bool(x.isnan().any()) for x in floats):
            self.found += [*hidden, here]
        elif not floats:
            for x in outputs:
                self._hidden[id(x)] = (x, hidden[0] if hidden else here)
        return output


def _all_nan(x: Tensor) -> bool:
    return x.is_floating_point() and x.numel() > 0 and bool(x.isnan().all())


def _tensors(args: Any) -> Iterator[Tensor]:
    for arg in args:
        if isinstance(arg, Tensor):
            yield arg
        elif isinstance(arg, list | tuple):
            yield from _tensors(arg)
