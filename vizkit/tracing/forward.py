"""One forward pass of a module: in eval mode whatever its flags say, and what it returned."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.tracing.unwritten import unwritten


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Eval mode for `module` and everything in it, each one's own train flag restored after.

    So is what the passes write into its buffers and attributes. The flags are set directly, because
    a network may give ``train()`` side effects.
    """
    training = [child for child in module.modules() if child.training]
    with unwritten(module):
        try:
            for child in training:
                child.training = False
            yield
        finally:
            for child in training:
                child.training = True


@contextmanager
def same_random_state(module: nn.Module) -> Iterator[None]:
    """Context that leaves Python's and torch's random numbers, on every device of `module`."""
    state = random.getstate()
    devices = {p.device.index or 0 for p in module.parameters() if p.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(state)


@contextmanager
def watching(
    module: nn.Module,
    enter: Callable[..., None] | None,
    leave: Callable[..., None],
) -> Iterator[None]:
    """Context in which every call of `module`, and of all in it, is told, by the path.

    Parameters
    ----------
    enter, leave : called with the path and what a hook gets, as a call begins and as it ends.
    """
    with ExitStack() as stack:
        for name, child in module.named_modules():
            if enter is not None:
                hook = child.register_forward_pre_hook(partial(enter, name))
                stack.callback(hook.remove)
            stack.callback(child.register_forward_hook(partial(leave, name)).remove)
        yield


def tensors_in(args: Any) -> Iterator[Tensor]:
    """All tensors among arguments, in order."""
    for arg in args:
        if isinstance(arg, Tensor):
            yield arg
        elif isinstance(arg, list | tuple):
            yield from tensors_in(arg)


def first_tensor(output: Any) -> Tensor | None:
    """`output` if it is a tensor, or the first item of a tuple if that is one."""
    if isinstance(output, tuple) and output:
        output = output[0]
    return output if isinstance(output, Tensor) else None


def with_first(output: Any, first: Tensor) -> Any:
    """`output` of a module with `first` in place of its first tensor."""
    if isinstance(output, Tensor):
        return first
    items = (first, *output[1:])
    return type(output)(*items) if hasattr(output, "_fields") else type(output)(items)
